// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_BUGS_OF_OTHERS_LEARNER_HPP
#define VANTAGE_TESTS_BUGS_OF_OTHERS_LEARNER_HPP

#include <cstdint>

#include "vantage/advantage/gae.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

namespace vantage::testing {

/// PPO with everything that has a memory: a learning rate that follows the KL, Adam, running moments of observations
/// and returns, minibatches from the learner's stream.
template <class E = Pendulum>
struct PpoLearner {
  using Policy = GaussianPolicy<float>;
  static constexpr Index kBatch = 8 * 32;

  Context context;
  Collector<E> source;
  Agent<Policy, ValueNetwork<float>, Gae, ValueRegression<float>, Ppo<Policy>> agent;
  TrainingProgress progress;
  double learning_rate = 0;  ///< of the policy, in the last iteration

  explicit PpoLearner(std::uint64_t seed, Index threads = 1, const PpoOptions& options = adaptive(),
                      const E& world = E())
      : context({.seed = seed, .threads = threads}),
        source(VectorEnvironment<E>(world, {.count = 8, .seed = seed, .max_episode_steps = 50}),
               {.steps = 32, .scale_rewards = true}),
        agent{Policy(world.spec().observation_size, world.spec().action_size(), {.hidden = {16}}, context.rng()),
              ValueNetwork<float>(world.spec().observation_size, {.hidden = {16}}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 10, .optimizer = AdamOptions{.learning_rate = 3e-3}, .minibatch = 64}),
              Ppo<Policy>(options)} {}

  [[nodiscard]] static PpoOptions adaptive() {
    return {.optimizer = AdamOptions{.learning_rate = 1e-3}, .epochs = 2, .adaptive_rate = {.target_kl = 1e-6}};
  }

  template <class... Observers>
  StopReason run(std::int64_t iterations, Observers&&... observers) {
    return train(
        source, agent, context, {.steps = kBatch * iterations}, progress,
        [this](const IterationReport& report) { learning_rate = report.policy.learning_rate; }, observers...);
  }
};

}  // namespace vantage::testing

#endif
