// SPDX-License-Identifier: MIT
#include "vantage/mujoco/hopper.hpp"

#include "task_checks.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;

static_assert(vantage::Environment<HopperEnvironment>);
static_assert(StatefulEnvironment<HopperEnvironment>);
static_assert(HasRewardTerms<HopperEnvironment>);

TEST_CASE("Hopper: the model has the published figures") {
  const HopperEnvironment environment;
  testing::check_model(environment.model().get(),
                       {6, 6, 3, 5, 6, 5, 4, {3.66519143, 4.05789051, 2.7813567, 5.31557477}});
  CHECK(environment.spec().observation_size == 11);
  CHECK(environment.spec().max_episode_steps == 1000);
}

TEST_CASE("Hopper: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(HopperEnvironment(), 0.005, 0.005);
#if mjVERSION_HEADER >= 3005000
  // from 3.5.0 on the margins of two geoms add up, so that the foot touches the ground earlier
  const std::vector<double> rewards{1.05122139604,  1.06621478652,   0.907135890189,
                                    0.575457883512, -0.475427877067, -0.287605737108};
  const std::vector<double> sums{-5.27691933261, -2.45457416162};
#else
  const std::vector<double> rewards{1.05122139604,  1.06621478652,   0.907135890189,
                                    0.581039600069, -0.478537268608, -0.288234004668};
  const std::vector<double> sums{-5.34359314413, -2.44935419104};
#endif
  CHECK(result.first_sum == Approx(1.25337588338).epsilon(1e-10));
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(1e-9));
  }
  CHECK(result.sums[9] == Approx(sums[0]).epsilon(1e-9));
  CHECK(result.sums[39] == Approx(sums[1]).epsilon(1e-9));
}

TEST_CASE("Hopper: reset noise has the right distribution") {
  testing::check_reset_noise(HopperEnvironment(), 0.005, 0.005, false);
}

TEST_CASE("Hopper: a negative noise scale is refused") {
  CHECK_THROWS_WITH(HopperEnvironment(Hopper{.reset_noise_scale = -1}),
                    Catch::Matchers::ContainsSubstring("Hopper: expected reset_noise_scale >= 0"));
}

TEST_CASE("Hopper: positions can be part of the observation") {
  const HopperEnvironment with(Hopper{.exclude_current_positions_from_observation = false});
  CHECK(with.spec().observation_size == 12);
}

TEST_CASE("Hopper: it ends when it leans too far, and is not paid for that step") {
  for (const bool terminate : {true, false}) {
    HopperEnvironment environment(Hopper{.terminate_when_unhealthy = terminate});
    Vector<double> observation(11);
    Vector<double> qpos = Eigen::Map<const Vector<double>>(environment.model()->qpos0, environment.model()->nq);
    Vector<double> qvel = Vector<double>::Zero(environment.model()->nv);
    environment.set_state(qpos, qvel, observation);
    const Vector<double> rest = Vector<double>::Zero(environment.spec().action_size());
    CHECK_FALSE(environment.step(rest, observation).terminated);
    CHECK(environment.reward_terms()[2] == 1.0);
    qpos[2] = environment.task().healthy_angle_range[1] + 0.05;
    environment.set_state(qpos, qvel, observation);
    CHECK(environment.step(rest, observation).terminated == terminate);
    CHECK(environment.reward_terms()[2] == 0.0);
  }
}

}  // namespace
