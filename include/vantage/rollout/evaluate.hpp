// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ROLLOUT_EVALUATE_HPP
#define VANTAGE_ROLLOUT_EVALUATE_HPP

#include <cstdint>
#include <vector>

#include "vantage/env/vector_environment.hpp"
#include "vantage/rollout/normalizer.hpp"

namespace vantage {

struct EvaluationOptions {
  Index episodes = 10;
  bool deterministic = false;              ///< take the policy's mode instead of a sample
  std::uint64_t seed = 1;                  ///< episode i draws from the random stream (seed, i)
  ActionMap action_map = ActionMap::clip;  ///< as in training
  Index max_episode_steps = -1;            ///< time limit in steps; -1: the task's own
  double gamma = 0.99;                     ///< of the discounted returns
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
/// Throws: std::invalid_argument for fewer than one episode or where there is no time limit.
template <Environment E, class P>
[[nodiscard]] Evaluation evaluate(const E& prototype, const P& policy, const Normalizer* normalizer, Context& context,
                                  const EvaluationOptions& options = {}) {
  using S = typename P::Scalar;
  require(options.episodes >= 1, "evaluate", "episodes >= 1", options.episodes);
  VectorEnvironment<E> environments(prototype, {.count = options.episodes,
                                                .seed = options.seed,
                                                .action_map = options.action_map,
                                                .max_episode_steps = options.max_episode_steps,
                                                .fault_penalty = 0});
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
      discount *= options.gamma;
      ++result.lengths[i];
      result.warnings[i] += transition.warnings;
      ended = transition.ended();
    }
  });
  return result;
}

}  // namespace vantage

#endif
