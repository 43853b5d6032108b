// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_SUBJECT_HPP
#define VANTAGE_DIAGNOSE_SUBJECT_HPP

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "agent.hpp"
#include "request.hpp"
#include "run_folder.hpp"
#include "title.hpp"
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

  /// As gnuplot's command.
  [[nodiscard]] std::string title(const std::string& what) const { return picture_title(settings_, progress_, what); }

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

  /// Distance of ratios from 1 beyond which the update clips; where it does not, PPO's usual one.
  [[nodiscard]] double clip_range() const { return settings_.clip_range > 0 ? settings_.clip_range : 0.2; }

  /// Learning rates at this point of the run.
  [[nodiscard]] double policy_rate() const { return rate(settings_.policy_learning_rate); }
  [[nodiscard]] double value_rate() const { return rate(settings_.value_learning_rate); }

  /// Samples of the policy as it is, and what the agent's values make of them.
  struct Draw {
    vantage::Batch<float> batch;
    vantage::AdvantageEstimate<float> estimate;
  };

  /// So many fresh samples, of worlds all at the start of an episode. Depends on the seed alone. Pre: a multiple of the
  /// run's environments.
  [[nodiscard]] Draw draw(vantage::Index samples, std::uint64_t seed, vantage::Context& context) const {
    Draw result;
    source_.frozen(settings_.environments, samples / settings_.environments, seed)
        .collect(agent_.policy, context, result.batch);
    advantages()(result.batch, context, result.estimate);
    return result;
  }

  /// The rounds of updates that an iteration of training makes of a batch that `drawn_by` drew.
  vantage::UpdateReports learn(Agent& agent, const P& drawn_by, const vantage::Batch<float>& batch,
                               vantage::Context& context) const {
    vantage::UpdateReports reports;
    vantage::AdvantageEstimate<float> estimate;
    vantage::UpdateStage update;
    for (vantage::Index round = 0; round < rounds(settings_) && !reports.policy.stopped; ++round) {
      agent.advantage(batch, agent.value, context, estimate);
      reports = update(agent, agent.value, drawn_by, batch, estimate, context);
    }
    return reports;
  }

  /// What one iteration of training makes of the agent.
  struct Iteration {
    Agent agent;
    vantage::Batch<float> batch;
    vantage::AdvantageEstimate<float> estimate;  ///< before the first update
    vantage::UpdateReports reports;              ///< of the last round
  };

  /// An iteration with the samples that draw gives, with the agent's own updates and optimisers as they are now.
  [[nodiscard]] Iteration iterate(vantage::Index samples, std::uint64_t seed, vantage::Context& context) const {
    auto [batch, estimate] = draw(samples, seed, context);
    Iteration result{agent_, std::move(batch), std::move(estimate), {}};
    context.rng() = vantage::Rng(seed, vantage::StreamPurpose::learner);
    context.set_progress(share());
    result.reports = learn(result.agent, agent_.policy, result.batch, context);
    return result;
  }

  /// Environment steps a second of so many threads together, from a second of collecting.
  [[nodiscard]] double speed(vantage::Index threads) const {
    vantage::ThreadPool pool(threads);
    vantage::Vector<double> speeds(threads);
    pool.run(threads, [&](vantage::Index thread, vantage::Index) {
      vantage::Context context;
      auto source = source_.frozen(1, 500, static_cast<std::uint64_t>(thread));
      vantage::Batch<float> batch;
      const auto start = std::chrono::steady_clock::now();
      double seconds = 0, steps = 0;
      while (seconds < 1) {
        source.collect(agent_.policy, context, batch);
        steps += static_cast<double>(batch.size());
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      }
      speeds[thread] = steps / seconds;
    });
    return speeds.sum();
  }

 private:
  [[nodiscard]] double rate(std::optional<double> own) const {
    return schedule(settings_, own.value_or(settings_.learning_rate))(share());
  }

  Settings settings_;
  vantage::TrainingProgress progress_;
  Source source_;
  Agent agent_;
};

#endif
