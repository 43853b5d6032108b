// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ROLLOUT_EVALUATE_HPP
#define VANTAGE_ROLLOUT_EVALUATE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

#include "vantage/core/concepts.hpp"
#include "vantage/core/discount.hpp"
#include "vantage/core/message.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/env/vector_environment.hpp"
#include "vantage/rollout/demonstrations.hpp"
#include "vantage/rollout/normalizer.hpp"

namespace vantage {

/// How evaluate plays.
struct EvaluationOptions {
  Index episodes = 10;         ///< whole ones
  bool deterministic = false;  ///< take the policy's mode instead of a sample
  std::uint64_t seed = 1;      ///< episode i draws from the random stream (seed, StreamPurpose::evaluation, i)
  std::optional<ActionMap> action_map = {};  ///< none: that of the source, or clip where there is no source
  Index max_episode_steps = -1;              ///< time limit in steps; -1: that of the source, or the task's own
  /// Of the discounted returns; none: that of the agent's advantage or of the source, or 0.99 where there is neither.
  std::optional<double> gamma = {};
  /// A fault's reward is minus this; none: as in the source, or as VectorEnvironmentOptions where there is no source.
  std::optional<double> fault_penalty = {};
  bool keep_steps = false;  ///< whether Evaluation::steps is filled
};

/// Results of whole episodes, one entry each. Rewards are the environment's own; that of a step which broke the
/// simulation is minus the fault penalty, as in training, and its episode ends.
struct Evaluation {
  std::vector<double> returns;             ///< sums of rewards
  std::vector<double> discounted_returns;  ///< sums of gamma^t r_t
  std::vector<Index> lengths;              ///< steps
  Matrix<double> first_observations;       ///< O x episodes, as the policy saw them
  std::vector<Index> warnings;             ///< times that the simulation warned of wrong physics
  std::vector<Index> faults;               ///< times that the simulation broke down, first observations included
  /// Where they are kept: episode after episode, in the task's own units, without steps that broke the simulation.
  Demonstrations steps;

  /// Over all episodes.
  [[nodiscard]] Index fault_count() const { return std::accumulate(faults.begin(), faults.end(), Index{0}); }
};

/// What evaluations are compared by: fewer faults come first, then the higher mean return.
struct EvaluationScore {
  Index faults = std::numeric_limits<Index>::max();               ///< in all episodes
  double mean_return = -std::numeric_limits<double>::infinity();  ///< undiscounted

  /// Whether it comes first.
  [[nodiscard]] bool is_better_than(const EvaluationScore& other) const {
    return faults < other.faults || (faults == other.faults && mean_return > other.mean_return);
  }
};

/// The score of an evaluation. Pre: an episode at least.
[[nodiscard]] inline EvaluationScore score(const Evaluation& evaluation) {
  const double sum = std::accumulate(evaluation.returns.begin(), evaluation.returns.end(), 0.0);
  return {evaluation.fault_count(), sum / static_cast<double>(evaluation.returns.size())};
}

namespace detail {

// from observation and action, step after step, of each episode
inline Demonstrations joined_steps(const EnvironmentSpec& spec, const std::vector<std::vector<double>>& episodes) {
  const Index size = spec.observation_size + spec.action_size();
  std::size_t count = 0;
  for (const auto& numbers : episodes) count += numbers.size();
  Matrix<double> all(size, static_cast<Index>(count) / size);
  double* to = all.data();
  for (const auto& numbers : episodes) to = std::copy(numbers.begin(), numbers.end(), to);
  return {all.topRows(spec.observation_size), all.bottomRows(spec.action_size())};
}

}  // namespace detail

/// Plays whole episodes with copies of `prototype`; policy, normaliser and training are left untouched.
/// Results depend on the seed, not on the number of threads; ranks play a run of the episodes each. `normalizer` may be
/// null: raw observations. Throws: std::invalid_argument for fewer than one episode, where there is no time limit, for
/// a gamma outside [0, 1], and for a policy or a normaliser of other sizes than the task's.
template <Environment E, ActorWithMode P>
[[nodiscard]] Evaluation evaluate(const E& prototype, const P& policy, const Normalizer* normalizer, Context& context,
                                  const EvaluationOptions& options = {}) {
  using S = typename P::Scalar;
  require(options.episodes >= 1, "evaluate", "episodes >= 1", options.episodes);
  const double gamma = options.gamma.value_or(kDefaultGamma);
  require(gamma >= 0 && gamma <= 1, "evaluate", "0 <= gamma <= 1", gamma);
  require_fit("evaluate", policy, prototype.spec());
  require(normalizer == nullptr || normalizer->size() == prototype.spec().observation_size, "evaluate",
          "a normaliser of the task's observations", normalizer == nullptr ? 0 : normalizer->size());
  VectorEnvironment<E> environments(
      prototype, {.count = options.episodes,
                  .seed = options.seed,
                  .action_map = options.action_map.value_or(ActionMap::clip),
                  .max_episode_steps = options.max_episode_steps,
                  .fault_penalty = options.fault_penalty.value_or(VectorEnvironmentOptions{}.fault_penalty),
                  .streams = StreamPurpose::evaluation});
  require(environments.time_limit() > 0, "evaluate", "a time limit (max_episode_steps > 0)", environments.time_limit());
  const auto count = static_cast<std::size_t>(options.episodes);
  Evaluation result{std::vector<double>(count),
                    std::vector<double>(count),
                    std::vector<Index>(count),
                    Matrix<double>(prototype.spec().observation_size, options.episodes),
                    std::vector<Index>(count),
                    std::vector<Index>(count),
                    {}};
  std::vector<std::vector<double>> kept(options.keep_steps ? count : 0);  // observation and action, step after step
  const Share own = context.communicator().share(options.episodes);
  context.pool().run(own.count(), [&](Index task, Index worker) {
    const Index episode = own.first + task;
    Matrix<S> observation(prototype.spec().observation_size, 1);
    Matrix<S> action(prototype.spec().action_size(), 1);
    Vector<S> log_prob(1);
    double discount = 1;
    for (bool ended = false; !ended;) {
      const auto raw = environments.observation(episode);
      const auto i = static_cast<std::size_t>(episode);
      if (options.keep_steps) kept[i].insert(kept[i].end(), raw.begin(), raw.end());
      if (normalizer != nullptr) {
        normalizer->apply(raw, observation.col(0));
      } else {
        observation = raw.template cast<S>();
      }
      if (result.lengths[i] == 0) result.first_observations.col(episode) = observation.template cast<double>();
      if (options.deterministic) {
        policy.mode(observation, action, context, worker);
      } else {
        policy.sample(observation, environments.rngs(episode, 1), action, log_prob, context, worker);
      }
      const Transition transition = environments.template advance<S>(episode, action.col(0));
      if (options.keep_steps) {
        const auto& taken = environments.action(episode);
        if (transition.fault) {
          kept[i].resize(kept[i].size() - static_cast<std::size_t>(raw.size()));
        } else {
          kept[i].insert(kept[i].end(), taken.begin(), taken.end());
        }
      }
      result.returns[i] += transition.reward;
      result.discounted_returns[i] += discount * transition.reward;
      discount *= gamma;
      ++result.lengths[i];
      result.warnings[i] += transition.warnings;
      result.faults[i] += transition.fault ? 1 : 0;
      ended = transition.ended();
    }
    result.faults[static_cast<std::size_t>(episode)] += environments.take_failed_resets(episode);
  });
  context.local<Message>(0).exchange(context.communicator(), options.episodes, [&](Message& message, Index episode) {
    const auto i = static_cast<std::size_t>(episode);
    message("return", result.returns[i]);
    message("discounted_return", result.discounted_returns[i]);
    message("length", result.lengths[i]);
    message.numbers(result.first_observations.col(episode).data(), result.first_observations.rows());
    message("warnings", result.warnings[i]);
    message("faults", result.faults[i]);
    if (options.keep_steps) message("steps", kept[i]);
  });
  if (options.keep_steps) result.steps = detail::joined_steps(prototype.spec(), kept);
  return result;
}

/// The same in the worlds of a source, such as a Collector or a PopulationEvaluator: with its action map, time limit,
/// normaliser and gamma, where the options do not say otherwise. Throws: as above.
template <WorldSource Source, ActorWithMode P>
[[nodiscard]] Evaluation evaluate(const Source& source, const P& policy, Context& context,
                                  EvaluationOptions options = {}) {
  if (!options.action_map) options.action_map = source.action_map();
  if (options.max_episode_steps < 0) options.max_episode_steps = source.time_limit();
  if constexpr (requires { source.gamma(); }) {
    if (!options.gamma) options.gamma = source.gamma();
  }
  if constexpr (requires { source.fault_penalty(); }) {
    if (!options.fault_penalty) options.fault_penalty = source.fault_penalty();
  }
  return evaluate(source.prototype(), policy, source.observation_normalizer(), context, options);
}

}  // namespace vantage

#endif
