// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_SUBJECT_HPP
#define VANTAGE_DIAGNOSE_SUBJECT_HPP

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "agent.hpp"
#include "picture.hpp"
#include "request.hpp"
#include "run_folder.hpp"
#include "vantage/diagnostics/gradient_stream.hpp"
#include "vantage/train/checkpoint.hpp"

/// A whole agent at one iteration of its training, in its worlds.
template <class P>
class Subject {
 public:
  using Agent = decltype(make_agent(std::declval<const Settings&>(), std::declval<const AnyEnvironment&>(),
                                    std::declval<vantage::Context&>(), std::declval<P>()));
  using Source = vantage::Collector<AnyEnvironment>;

  /// Rebuilds it from a checkpoint. Throws: vantage::FileError.
  Subject(const Settings& settings, const AnyEnvironment& task, const std::filesystem::path& checkpoint, P policy,
          vantage::Context& context)
      : settings_(settings),
        source_(make_source(settings, task)),
        agent_(make_agent(settings, task, context, std::move(policy))) {
    vantage::load_checkpoint(checkpoint, source_, agent_, context, progress_);
    source_.set_gamma(agent_.advantage.gamma());
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Agent& agent() const { return agent_; }
  /// As training left it: what measurements roll out in are its frozen copies.
  [[nodiscard]] const Source& source() const { return source_; }
  [[nodiscard]] const vantage::TrainingProgress& progress() const { return progress_; }
  /// Share of the run that was done, which schedules follow.
  [[nodiscard]] double share() const { return progress_.share_of(settings_.steps); }
  /// Samples of an iteration.
  [[nodiscard]] vantage::Index batch() const { return settings_.batch; }

  /// "Hopper-v5, ppo, iteration 150: " and what a picture shows, as gnuplot's command.
  [[nodiscard]] std::string title(const std::string& what) const {
    return "set title " +
           gnuplot_text(settings_.task + ", " + settings_.update + ", iteration " +
                        std::to_string(progress_.iterations) + ": " + what) +
           " noenhanced\nset grid\n";
  }

  /// So many samples, cut to whole steps of the run's environments; as training where it is 0.
  [[nodiscard]] vantage::Index whole_steps(vantage::Index samples) const {
    const vantage::Index asked = samples > 0 ? samples : settings_.batch;
    return std::max<vantage::Index>(1, asked / settings_.environments) * settings_.environments;
  }

  /// The agent's own advantages.
  [[nodiscard]] vantage::AdvantageView<float> advantages() const {
    return [this](const auto& batch, vantage::Context& context, auto& estimate) {
      agent_.advantage(batch, agent_.value, context, estimate);
    };
  }

  /// What one iteration of training makes of the agent.
  struct Iteration {
    Agent agent;
    vantage::Batch<float> batch;
    vantage::AdvantageEstimate<float> estimate;  ///< before the first update
    vantage::UpdateReports reports;              ///< of the last round
  };

  /// An iteration with so many fresh samples, of worlds all at the start of an episode, with the agent's own updates
  /// and optimisers as they are now. Depends on the seed alone. Pre: a multiple of the run's environments.
  [[nodiscard]] Iteration iterate(vantage::Index samples, std::uint64_t seed, vantage::Context& context) const {
    Iteration result{agent_, {}, {}, {}};
    auto source = source_.frozen(settings_.environments, samples / settings_.environments, seed);
    context.rng() = vantage::Rng(seed, vantage::StreamPurpose::learner);
    context.set_progress(share());
    source.collect(agent_.policy, context, result.batch);
    vantage::AdvantageEstimate<float> estimate;
    vantage::UpdateStage update;
    for (vantage::Index round = 0; round < rounds(settings_) && !result.reports.policy.stopped; ++round) {
      result.agent.advantage(result.batch, result.agent.value, context, estimate);
      if (round == 0) result.estimate = estimate;
      result.reports = update(result.agent, result.agent.value, agent_.policy, result.batch, estimate, context);
    }
    return result;
  }

  /// Environment steps a second of one thread, from a short collection.
  [[nodiscard]] double speed(vantage::Context& context) const {
    auto source = source_.frozen(1, 500, 0);
    vantage::Batch<float> batch;
    const auto start = std::chrono::steady_clock::now();
    double seconds = 0, steps = 0;
    while (seconds < 0.5) {
      source.collect(agent_.policy, context, batch);
      steps += static_cast<double>(batch.size());
      seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    return steps / seconds;
  }

 private:
  Settings settings_;
  vantage::TrainingProgress progress_;
  Source source_;
  Agent agent_;
};

#endif
