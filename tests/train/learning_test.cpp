// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

double trained_return(std::uint64_t seed, double policy_rate) {
  using P = GaussianPolicy<float>;
  Context context({.seed = seed});
  Collector<PointMass> collector(VectorEnvironment<PointMass>(PointMass(), {.count = 16, .seed = seed}), {.steps = 50});
  Agent agent{P(2, 1, {.hidden = {16}}, context.rng()), ValueNetwork<float>(2, {.hidden = {16}}, context.rng()),
              Gae{.gamma = 0.95}, ValueRegression<float>({.steps = 10, .adam = {.learning_rate = 3e-3}}),
              Vpg<P>({.adam = {.learning_rate = policy_rate}, .normalize_advantages = true})};
  TrainingProgress progress;
  CHECK(train(collector, agent, context, {.steps = 120'000}, progress) == StopReason::finished);
  return progress.mean_return_last_100();
}

}  // namespace

TEST_CASE("a policy learns to stop the point mass; one that does not learn does not") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const double learned = trained_return(seed, 1e-2);
    const double stayed = trained_return(seed, 0);
    INFO("learned " << learned << ", without learning " << stayed);
    CHECK(learned > -30);
    CHECK(stayed < -60);
  }
}
