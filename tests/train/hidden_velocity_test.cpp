// SPDX-License-Identifier: MIT
// a task whose observation lacks what acting well takes: memory makes up for it
#include "catch.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/observation_history.hpp"
#include "vantage/env/transform_observation.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

// the pole whose cart's position and angle are seen, not how fast they change
auto without_velocities() {
  return TransformObservation(
      CartPole(), [](ConstVectorRef<double> from, VectorRef<double> to) { to << from[0], from[2]; }, 2);
}

// mean return of the last hundred episodes of 200 batches of 800 steps
template <class E>
double learned_return(const E& world, std::uint64_t seed) {
  Context context({.seed = seed, .threads = 2});
  Collector<E> collector(VectorEnvironment<E>(world, {.count = 8, .seed = seed}), {.steps = 100});
  using P = CategoricalPolicy<float>;
  Agent agent{P(world.spec(), {.hidden = {32}}, context.rng()),
              ValueNetwork<float>(world.spec(), {.hidden = {32}}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 30, .optimizer = AdamOptions{.learning_rate = 3e-3}, .minibatch = 100}),
              Ppo<P>({.optimizer = AdamOptions{.learning_rate = 2e-3}})};
  TrainingProgress progress;
  CHECK(train(collector, agent, context, {.steps = 160'000}, progress) == StopReason::finished);
  return progress.mean_return_last_100();
}

}  // namespace

TEST_CASE("without velocities a policy without memory fails; one that sees the last observations does not") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const double memoryless = learned_return(without_velocities(), seed);
    const double remembering = learned_return(ObservationHistory{without_velocities(), {.observations = 2}}, seed);
    INFO("seed " << seed << ": memoryless " << memoryless << ", remembering " << remembering);
    CHECK(memoryless < 80);
    CHECK(remembering > 160);
  }
}
