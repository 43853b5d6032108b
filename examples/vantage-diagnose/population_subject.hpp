// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_POPULATION_SUBJECT_HPP
#define VANTAGE_DIAGNOSE_POPULATION_SUBJECT_HPP

#include <chrono>
#include <string>
#include <utility>

#include "epvf.hpp"
#include "title.hpp"
#include "vantage/train/checkpoint.hpp"

/// An agent that plays populations at one iteration of its training, in its worlds.
template <class Agent>
class PopulationSubject {
 public:
  using Source = vantage::PopulationEvaluator<AnyEnvironment>;

  /// Rebuilds it from a checkpoint. Throws: vantage::FileError.
  PopulationSubject(const Settings& settings, const AnyEnvironment& task, const std::filesystem::path& checkpoint,
                    vantage::Context& context, Agent agent)
      : settings_(settings), source_(population_source(settings, task)), agent_(std::move(agent)) {
    vantage::load_checkpoint(checkpoint, source_, agent_, context, progress_);
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Agent& agent() const { return agent_; }
  /// As training left it: what measurements play in are its frozen copies.
  [[nodiscard]] const Source& source() const { return source_; }
  [[nodiscard]] const vantage::TrainingProgress& progress() const { return progress_; }

  /// As gnuplot's command.
  [[nodiscard]] std::string title(const std::string& what) const { return picture_title(settings_, progress_, what); }

  /// Environment steps of an episode in training so far.
  [[nodiscard]] double episode_length() const {
    return static_cast<double>(progress_.env_steps) / static_cast<double>(progress_.episodes);
  }

  /// Environment steps a second of so many threads together, from a second of playing the policy itself.
  [[nodiscard]] double speed(vantage::Index threads) const {
    vantage::Context context({.threads = threads});
    auto source = source_.frozen(0);
    vantage::EpisodeStatistics episodes;
    const auto start = std::chrono::steady_clock::now();
    double seconds = 0, steps = 0;
    while (seconds < 1) {
      source.play_aside(agent_.policy, 4 * threads, context, episodes);
      for (const vantage::Index length : episodes.lengths) steps += static_cast<double>(length);
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
