// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ROLLOUT_EVALUATE_HPP
#define VANTAGE_ROLLOUT_EVALUATE_HPP

#include <cstdint>
#include <optional>
#include <vector>

#include "vantage/core/concepts.hpp"
#include "vantage/core/discount.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/env/vector_environment.hpp"
#include "vantage/rollout/normalizer.hpp"

namespace vantage {

struct EvaluationOptions {
  Index episodes = 10;
  bool deterministic = false;  ///< take the policy's mode instead of a sample
  std::uint64_t seed = 1;      ///< episode i draws from the random stream (seed, StreamPurpose::evaluation, i)
  std::optional<ActionMap> action_map = {};  ///< none: that of the source, or clip where there is no source
  Index max_episode_steps = -1;              ///< time limit in steps; -1: that of the source, or the task's own
  /// Of the discounted returns; none: that of the agent's advantage or of the source, or 0.99 where there is neither.
  std::optional<double> gamma = {};
};

/// Results of whole episodes, one entry each, in the environment's own rewards.
struct Evaluation {
  std::vector<double> returns;
  std::vector<double> discounted_returns;
  std::vector<Index> lengths;
  Matrix<double> first_observations;  ///< O x episodes, as the policy saw them
  std::vector<Index> warnings;        ///< times that the simulation warned of wrong physics
};

/// Plays whole episodes with copies of `prototype`; policy, normaliser and training are left untouched.
/// Results depend on the seed, not on the number of threads. `normalizer` may be null: raw observations.
/// Throws: std::invalid_argument for fewer than one episode, where there is no time limit, for a gamma outside [0, 1],
/// and for a policy or a normaliser of other sizes than the task's.
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
  VectorEnvironment<E> environments(prototype, {.count = options.episodes,
                                                .seed = options.seed,
                                                .action_map = options.action_map.value_or(ActionMap::clip),
                                                .max_episode_steps = options.max_episode_steps,
                                                .fault_penalty = 0,
                                                .streams = StreamPurpose::evaluation});
  require(environments.time_limit() > 0, "evaluate", "a time limit (max_episode_steps > 0)", environments.time_limit());
  const std::size_t count = static_cast<std::size_t>(options.episodes);
  Evaluation result{std::vector<double>(count), std::vector<double>(count), std::vector<Index>(count),
                    Matrix<double>(prototype.spec().observation_size, options.episodes), std::vector<Index>(count)};
  context.pool().run(options.episodes, [&](Index episode, Index worker) {
    Matrix<S> observation(prototype.spec().observation_size, 1);
    Matrix<S> action(prototype.spec().action_size(), 1);
    Vector<S> log_prob(1);
    double discount = 1;
    for (bool ended = false; !ended;) {
      const auto raw = environments.observation(episode);
      if (normalizer != nullptr) {
        normalizer->apply(raw, observation.col(0));
      } else {
        observation = raw.template cast<S>();
      }
      const std::size_t i = static_cast<std::size_t>(episode);
      if (result.lengths[i] == 0) result.first_observations.col(episode) = observation.template cast<double>();
      if (options.deterministic) {
        policy.mode(observation, action, context, worker);
      } else {
        policy.sample(observation, environments.rngs(episode, 1), action, log_prob, context, worker);
      }
      const Transition transition = environments.template step<S>(episode, action.col(0));
      result.returns[i] += transition.reward;
      result.discounted_returns[i] += discount * transition.reward;
      discount *= gamma;
      ++result.lengths[i];
      result.warnings[i] += transition.warnings;
      ended = transition.ended();
    }
  });
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
  return evaluate(source.prototype(), policy, source.observation_normalizer(), context, options);
}

}  // namespace vantage

#endif
