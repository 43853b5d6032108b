// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_TRAIN_AUGMENTED_RANDOM_SEARCH_HPP
#define VANTAGE_EPVF_TRAIN_AUGMENTED_RANDOM_SEARCH_HPP

#include <chrono>
#include <cstdint>
#include <numeric>
#include <type_traits>

#include "vantage/epvf/augmented_random_search.hpp"
#include "vantage/train/train.hpp"

namespace vantage {

/// The parts of augmented random search. Deduced from its members: `RandomSearchAgent agent{policy, search}`.
template <class P>
struct RandomSearchAgent {
  using Scalar = typename P::Scalar;
  using Policy = P;

  P policy;                              ///< the centre: never played in training, what is evaluated and saved
  AugmentedRandomSearch<Scalar> search;  ///< what it found last is for observers to see

  template <class Archive>
  void serialize(Archive& archive) {
    archive("policy", policy);
  }
};

template <class P>
RandomSearchAgent(P, AugmentedRandomSearch<typename P::Scalar>) -> RandomSearchAgent<P>;

struct RandomSearchOptions {
  /// Environment steps in all, those before a resume included; rounded up to whole iterations.
  std::int64_t steps = 1'000'000;
};

/// Throws: std::invalid_argument for a negative number of steps.
inline void validate(const RandomSearchOptions& options) {
  require(options.steps >= 0, "RandomSearchOptions", "steps >= 0", options.steps);
}

/// Augmented random search until the environment steps are spent. Observers, `progress`, resuming and divergence are
/// those of train. The loop allocates nothing (observers may) after its first iteration.
/// Throws: std::invalid_argument for wrong options, or parts whose sizes do not fit.
/// Source: Mania, Guy and Recht 2018 (arXiv 1803.07055), algorithm 2.
template <class Source, class P, class... Observers>
StopReason train_augmented_random_search(Source& source, RandomSearchAgent<P>& agent, Context& context,
                                         const RandomSearchOptions& options, TrainingProgress& progress,
                                         Observers&&... observers) {
  static_assert(Parameterised<P> && PopulationPolicy<P>,
                "train_augmented_random_search: expected a policy that is Parameterised and a PopulationPolicy, such "
                "as a DeterministicPolicy.");
  static_assert(PopulationSource<Source, P>,
                "train_augmented_random_search: expected a PopulationSource, called as source(policy, thetas, context, "
                "episodes), such as a PopulationEvaluator.");
  static_assert((Observer<std::remove_reference_t<Observers>, RandomSearchAgent<P>> && ...),
                "train_augmented_random_search: an observer is called as observer(report, agent) or observer(report) "
                "and gives nothing or a Signal.");
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  };
  validate(options);
  (detail::begin(observers, agent), ...);
  EpisodeStatistics episodes;
  auto last_policy = agent.policy;
  progress.divergence.reset();
  progress.recent_returns.reserve(TrainingProgress::kRecent);

  while (progress.env_steps < options.steps) {
    const auto start = Clock::now();
    context.set_progress(progress.share_of(options.steps));
    agent.search.play(source, agent.policy, context, episodes);
    const auto played = Clock::now();
    const PolicyReport policy = agent.search.step(agent.policy, context, episodes);
    const auto stepped = Clock::now();

    progress.collect_seconds += seconds(start, played);
    progress.policy_seconds += seconds(played, stepped);
    progress.count_iteration(std::accumulate(episodes.lengths.begin(), episodes.lengths.end(), Index{0}), episodes);
    progress.wall_seconds += seconds(start, Clock::now());
    if (!detail::finite_parameters(agent.policy)) {
      progress.divergence = detail::look_at_norm("policy gradient", policy.gradient_norm);
      if (!progress.divergence) progress.divergence = detail::look_at_parameters("policy parameter", agent.policy);
      agent.policy = last_policy;
      return StopReason::diverged;
    }
    last_policy = agent.policy;
    const IterationReport report = report_iteration(progress, options.steps, episodes, {}, policy);
    const Signal signal = detail::notify_all(report, agent, observers...);
    if (progress.only_faults(progress.env_steps >= options.steps)) return StopReason::faulted;
    if (signal == Signal::stop) return StopReason::observer;
  }
  return StopReason::finished;
}

}  // namespace vantage

#endif
