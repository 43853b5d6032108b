// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_REPORT_HPP
#define VANTAGE_TRAIN_REPORT_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "vantage/rollout/batch.hpp"
#include "vantage/train/divergence.hpp"
#include "vantage/update/policy_report.hpp"
#include "vantage/value/value_report.hpp"

namespace vantage {

/// Why training ended.
enum class StopReason {
  finished,  ///< all steps were taken
  observer,  ///< an observer asked for it
  diverged,  ///< a parameter was no longer finite; the agent is that of the last good iteration
  faulted    ///< the simulation broke down in every episode: there is nothing to learn from
};

/// Arithmetic mean; not a number for none.
template <class T>
[[nodiscard]] double mean(const std::vector<T>& values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const T value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

/// Root of the mean squared distance from the mean; not a number for none.
template <class T>
[[nodiscard]] double deviation(const std::vector<T>& values) {
  const double center = mean(values);
  double squares = values.empty() ? center : 0;
  for (const T value : values) squares += std::pow(static_cast<double>(value) - center, 2);
  return std::sqrt(squares / static_cast<double>(std::max<std::size_t>(1, values.size())));
}

/// What training has come to so far: the counters that a checkpoint carries on.
struct TrainingProgress {
  std::int64_t iterations = 0;         ///< that were made
  std::int64_t env_steps = 0;          ///< environment steps
  std::int64_t episodes = 0;           ///< that ended
  std::int64_t faults = 0;             ///< ends by a broken simulation, and first observations that were not sound
  double collect_seconds = 0;          ///< of rollouts
  double value_seconds = 0;            ///< of the advantages and the value steps
  double policy_seconds = 0;           ///< overlaps the former where both updates run side by side
  double wall_seconds = 0;             ///< of all of it
  std::vector<double> recent_returns;  ///< of the last 100 episodes, a ring: the oldest is at episodes % 100
  std::int64_t sound_episodes = 0;     ///< that ended otherwise than by a fault
  std::int64_t warnings = 0;           ///< times that the simulation warned of wrong physics

  std::optional<Divergence> divergence = {};  ///< what was not finite first, where training ended as diverged

  static constexpr std::size_t kRecent = 100;          ///< returns that are kept
  static constexpr std::int64_t kFaultPatience = 100;  ///< episodes, none of them sound, after which training ends

  /// Whether there were episodes, none of them sound, and enough to give up.
  [[nodiscard]] bool only_faults(bool is_over) const {
    return sound_episodes == 0 && episodes >= (is_over ? 1 : kFaultPatience);
  }

  /// Counts an episode and keeps its return in place of the oldest.
  void add_return(double value) {
    if (recent_returns.size() < kRecent) {
      recent_returns.push_back(value);
    } else {
      recent_returns[static_cast<std::size_t>(episodes) % kRecent] = value;
    }
    ++episodes;
  }

  /// Counts an iteration of so many environment steps, and what became of its episodes.
  void count_iteration(Index steps, const EpisodeStatistics& ended) {
    ++iterations;
    env_steps += steps;
    faults += ended.faults + ended.failed_resets;
    sound_episodes += static_cast<std::int64_t>(ended.returns.size()) - ended.faults;
    warnings += ended.warnings;
    for (const double value : ended.returns) add_return(value);
  }

  /// Share of a run of so many environment steps that is done, in [0, 1]. Pre: steps > 0.
  [[nodiscard]] double share_of(std::int64_t steps) const {
    return std::clamp(static_cast<double>(env_steps) / static_cast<double>(steps), 0.0, 1.0);
  }

  /// Not a number before the first episode ended.
  [[nodiscard]] double mean_return_last_100() const { return mean(recent_returns); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("iterations", iterations);
    archive("env_steps", env_steps);
    archive("episodes", episodes);
    archive("faults", faults);
    archive("sound_episodes", sound_episodes);
    archive("collect_seconds", collect_seconds);
    archive("value_seconds", value_seconds);
    archive("policy_seconds", policy_seconds);
    archive("wall_seconds", wall_seconds);
    archive("recent_returns", recent_returns);
    archive("warnings", warnings);
  }
};

/// What observers see of one iteration. The references hold only during the call.
struct IterationReport {
  std::int64_t iteration = 0;         ///< from 1
  std::int64_t total_steps = 0;       ///< environment steps at which training will end
  const TrainingProgress& progress;   ///< all counters up to this iteration
  const EpisodeStatistics& episodes;  ///< that ended in this iteration
  double mean_return = 0;             ///< of those; not a number if none ended
  double mean_length = 0;             ///< of those, steps; not a number if none ended
  ValueReport value;                  ///< what the value steps did
  PolicyReport policy;                ///< what the policy update did
};

/// The report of the iteration that `progress` has just counted.
[[nodiscard]] inline IterationReport report_iteration(const TrainingProgress& progress, std::int64_t total_steps,
                                                      const EpisodeStatistics& ended, const ValueReport& value,
                                                      const PolicyReport& policy) {
  return {.iteration = progress.iterations,
          .total_steps = total_steps,
          .progress = progress,
          .episodes = ended,
          .mean_return = mean(ended.returns),
          .mean_length = mean(ended.lengths),
          .value = value,
          .policy = policy};
}

}  // namespace vantage

#endif
