// SPDX-License-Identifier: MIT
#include "vantage/mujoco/walker2d.hpp"

#include "task_checks.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;

static_assert(vantage::Environment<Walker2dEnvironment>);
static_assert(StatefulEnvironment<Walker2dEnvironment>);
static_assert(HasRewardTerms<Walker2dEnvironment>);

TEST_CASE("Walker2d: the model has the published figures") {
  const Walker2dEnvironment environment;
  testing::check_model(
      environment.model().get(),
      {9, 9, 6, 8, 9, 8, 8, {3.66519143, 4.05789051, 2.7813567, 3.16672539, 4.05789051, 2.7813567, 3.16672539}});
  CHECK(environment.spec().observation_size == 17);
  CHECK(environment.spec().max_episode_steps == 1000);
}

TEST_CASE("Walker2d: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(Walker2dEnvironment(), 0.005, 0.005);
  const std::vector<double> rewards{0.89651252622,  0.66837238507,  1.04426650864,
                                    0.165304635523, 0.168562856618, 0.0789522205565};
  const std::vector<double> sums{-23.5029168299, -40.020118071};
  CHECK(result.first_sum == Approx(1.2543974985).epsilon(1e-10));
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(1e-8));
  }
  CHECK(result.sums[9] == Approx(sums[0]).epsilon(1e-8));
  CHECK(result.sums[39] == Approx(sums[1]).epsilon(1e-8));
}

TEST_CASE("Walker2d: reset noise has the right distribution") {
  testing::check_reset_noise(Walker2dEnvironment(), 0.005, 0.005, false);
}

TEST_CASE("Walker2d: a negative noise scale is refused") {
  CHECK_THROWS_WITH(Walker2dEnvironment(Walker2d{.reset_noise_scale = -1}),
                    Catch::Matchers::ContainsSubstring("Walker2d: expected reset_noise_scale >= 0"));
}

TEST_CASE("Walker2d: positions can be part of the observation") {
  const Walker2dEnvironment with(Walker2d{.exclude_current_positions_from_observation = false});
  CHECK(with.spec().observation_size == 18);
}

TEST_CASE("Walker2d: it ends when it leans too far, and is not paid for that step") {
  for (const bool terminate : {true, false}) {
    Walker2dEnvironment environment(Walker2d{.terminate_when_unhealthy = terminate});
    Vector<double> observation(17);
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
