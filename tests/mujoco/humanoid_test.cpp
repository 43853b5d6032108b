// SPDX-License-Identifier: MIT
#include "vantage/mujoco/humanoid.hpp"

#include <cmath>

#include "humanoid_checks.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

static_assert(vantage::Environment<HumanoidEnvironment>);
static_assert(StatefulEnvironment<HumanoidEnvironment>);
static_assert(HasRewardTerms<HumanoidEnvironment>);

TEST_CASE("Humanoid: the spaces and the time limit are the published ones") {
  const HumanoidEnvironment environment;
  CHECK(environment.dt() == Approx(0.015));
  CHECK(environment.spec().max_episode_steps == 1000);
  CHECK(environment.spec().action_high == Vector<double>::Constant(17, 0.4));
  CHECK(environment.spec().action_low == Vector<double>::Constant(17, -0.4));
}

TEST_CASE("Humanoid: the size of the observation follows the options") {
  const auto size = [](const Humanoid& task) { return HumanoidEnvironment(task).spec().observation_size; };
  CHECK(size({}) == 348);
  CHECK(size({.exclude_current_positions_from_observation = false}) == 350);
  CHECK(size({.include_cinert_in_observation = false}) == 348 - 130);
  CHECK(size({.include_cvel_in_observation = false}) == 348 - 78);
  CHECK(size({.include_qfrc_actuator_in_observation = false}) == 348 - 17);
  CHECK(size({.include_cfrc_ext_in_observation = false}) == 348 - 78);
  CHECK(size(Humanoid::v4()) == 376);
}

TEST_CASE("Humanoid: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(HumanoidEnvironment(), 0.01, 0.01);
  // the solver of this model stops early, so versions agree to about 1e-5 once there are contacts (step 19)
  const std::vector<double> rewards{4.91439783102, 4.91464063695, 4.91398318519, 4.91432152729, -10.08974374, -1.2208};
  const double tolerance = mjVERSION_HEADER >= 3005000 ? 1e-2 : 1e-4;
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(i < 4 ? 1e-5 : tolerance));
  }
  CHECK(result.sums[9] == Approx(99.4169459504).epsilon(1e-5));
  // the quaternion of the start is normalised in place before 3.2.0
  CHECK(result.first_sum == Approx(mjVERSION_HEADER >= 320 ? 61.4258567506 : 61.415810468).epsilon(1e-10));
}

/// The task by the book.
testing::Book book(const Humanoid& task) {
  const auto healthy = [task](const mjData& data) {
    return data.qpos[2] > task.healthy_z_range[0] && data.qpos[2] < task.healthy_z_range[1];
  };
  return {
      [=](const mjModel&, const mjData& data) { return testing::observe_humanoid(task, data); },
      [](const mjModel& model, const mjData& data) {
        double moment = 0, mass = 0;
        for (int b = 1; b < 14; ++b) {
          moment += data.xipos[3 * b] * model.body_mass[b];
          mass += model.body_mass[b];
        }
        return moment / mass;
      },
      [=](const mjModel&, const mjData& data, const Vector<double>& action, double change) {
        double control = 0;
        for (double a : action) control += a * a;
        const bool paid = healthy(data) || (task.version == 4 && task.terminate_when_unhealthy);
        const double contact = testing::clipped_contact(data, task.contact_cost_weight, task.contact_cost_range);
        return std::vector<double>{paid ? task.healthy_reward : 0, task.forward_reward_weight * change,
                                   -task.ctrl_cost_weight * control, task.version == 4 ? 0 : -contact};
      },
      [=](const mjModel&, const mjData& data) { return task.terminate_when_unhealthy && !healthy(data); },
  };
}

TEST_CASE("Humanoid: observations, reward terms and ends are those of the book") {
  Humanoid four = Humanoid::v4();
  four.healthy_z_range = {1.25, 1.5};
  const std::vector<Humanoid> tasks{
      {.healthy_z_range = {1.22, 2}},
      {.frame_skip = 3,
       .forward_reward_weight = 2,
       .ctrl_cost_weight = 0.5,
       .contact_cost_weight = 1e-6,
       .contact_cost_range = {0.001, 0.5},
       .healthy_reward = 3,
       .terminate_when_unhealthy = false,
       .healthy_z_range = {1.25, 1.28},
       .exclude_current_positions_from_observation = false},
      {.healthy_z_range = {1.25, 1.5},
       .include_cinert_in_observation = false,
       .include_cfrc_ext_in_observation = false},
      {.healthy_z_range = {1.25, 1.5},
       .include_cvel_in_observation = false,
       .include_qfrc_actuator_in_observation = false},
      four,
  };
  for (const Humanoid& task : tasks) {
    const int ends = testing::check_lockstep(HumanoidEnvironment(task), 0.02, 1.285, book(task));
    CHECK((ends > 0) == task.terminate_when_unhealthy);
  }
}

TEST_CASE("Humanoid: the bounds of the healthy range are not healthy") {
  const HumanoidEnvironment environment;
  const testing::PlainData data = testing::plain_data(environment.model().get());
  const auto healthy_at = [&](double z) {
    data->qpos[2] = z;
    return environment.task().is_healthy(*data);
  };
  CHECK_FALSE(healthy_at(1.0));
  CHECK_FALSE(healthy_at(2.0));
  CHECK(healthy_at(std::nextafter(1.0, 2)));
  CHECK(healthy_at(std::nextafter(2.0, 1)));
}

TEST_CASE("Humanoid: the last step is paid in version 4 only") {
  for (const Humanoid& task : {Humanoid{}, Humanoid::v4()}) {
    HumanoidEnvironment environment(task);
    Vector<double> observation(environment.spec().observation_size);
    Vector<double> qpos = Eigen::Map<const Vector<double>>(environment.model()->qpos0, 24);
    qpos[2] = 2.5;
    environment.set_state(qpos, Vector<double>::Zero(23), observation);
    CHECK(environment.step(Vector<double>::Zero(17), observation).terminated);
    CHECK(environment.reward_terms()[0] == (task.version == 4 ? 5.0 : 0.0));
  }
}

TEST_CASE("Humanoid: reset noise has the right distribution") {
  testing::check_reset_noise(HumanoidEnvironment(), 0.01, 0.01, false);
}

TEST_CASE("Humanoid: a saved state continues with the same bits") { testing::check_saved_state(Humanoid{}); }

TEST_CASE("Humanoid: wrong options are refused") {
  CHECK_THROWS_WITH(HumanoidEnvironment(Humanoid{.reset_noise_scale = -1}),
                    ContainsSubstring("Humanoid: expected reset_noise_scale >= 0"));
  CHECK_THROWS_WITH(HumanoidEnvironment(Humanoid{.contact_cost_range = {2, 1}}),
                    ContainsSubstring("contact_cost_range low <= high, got 2, 1"));
  CHECK_THROWS_WITH(HumanoidEnvironment(Humanoid{.healthy_z_range = {2, 1}}),
                    ContainsSubstring("healthy_z_range low <= high"));
  CHECK_THROWS_WITH(HumanoidEnvironment(Humanoid{.version = 3}), ContainsSubstring("version 4 or 5, got 3"));
}

TEST_CASE("Humanoid: each version has the options of its own") {
  Humanoid five, four = Humanoid::v4();
  set_option(five, "contact_cost_range", "-inf,3");
  CHECK(five.contact_cost_range == Range{-infinity, 3});
  set_option(four, "healthy_reward", "3");
  CHECK_THROWS_WITH(set_option(four, "contact_cost_weight", "1"),
                    ContainsSubstring("Humanoid-v4: expected an option of"));
}

}  // namespace
