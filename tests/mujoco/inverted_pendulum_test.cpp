// SPDX-License-Identifier: MIT
#include "vantage/mujoco/inverted_pendulum.hpp"

#include "task_checks.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;

static_assert(vantage::Environment<InvertedPendulumEnvironment>);
static_assert(StatefulEnvironment<InvertedPendulumEnvironment>);
static_assert(HasRewardTerms<InvertedPendulumEnvironment>);

TEST_CASE("InvertedPendulum: the model has the published figures") {
  const InvertedPendulumEnvironment environment;
  testing::check_model(environment.model().get(), {2, 2, 1, 3, 2, 3, 2.04, {10.4719755, 5.01859164}});
  CHECK(environment.spec().observation_size == 4);
  CHECK(environment.spec().max_episode_steps == 1000);
}

TEST_CASE("InvertedPendulum: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(InvertedPendulumEnvironment(), 0.01, 0.01);
  const std::vector<double> rewards{1, 1, 0, 0, 0, 0};
  const std::vector<double> sums{-4.34830091515, -1.14847309449};
  CHECK(result.first_sum == Approx(0.0197164723309).epsilon(1e-10));
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(1e-8));
  }
  CHECK(result.sums[9] == Approx(sums[0]).epsilon(1e-8));
  CHECK(result.sums[39] == Approx(sums[1]).epsilon(1e-8));
}

TEST_CASE("InvertedPendulum: reset noise has the right distribution") {
  testing::check_reset_noise(InvertedPendulumEnvironment(), 0.01, 0.01, false);
}

TEST_CASE("InvertedPendulum: a negative noise scale is refused") {
  CHECK_THROWS_WITH(InvertedPendulumEnvironment(InvertedPendulum{.reset_noise_scale = -1}),
                    Catch::Matchers::ContainsSubstring("InvertedPendulum: expected reset_noise_scale >= 0"));
}

}  // namespace
