// SPDX-License-Identifier: MIT
#include "vantage/mujoco/walker2d.hpp"

#include <cmath>

#include "by_book.hpp"
#include "task_checks.hpp"
#include "vantage/mujoco/names.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

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
                    ContainsSubstring("Walker2d: expected reset_noise_scale >= 0"));
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

bool healthy(const Walker2d& task, const mjModel&, const mjData& data) {
  const auto inside = [](double x, const Range& range) { return x > range[0] && x < range[1]; };
  return inside(data.qpos[1], task.healthy_z_range) && inside(data.qpos[2], task.healthy_angle_range);
}

testing::Definition book(const Walker2d& task) {
  return {
      [=](const mjModel& model, const mjData& data) {
        const int first = task.exclude_current_positions_from_observation ? 1 : 0;
        return testing::joined(testing::slice(data.qpos, first, model.nq), testing::slice(data.qvel, 0, model.nv, 10));
      },
      [](const mjModel&, const mjData& data) { return testing::Numbers{data.qpos[0]}; },
      [=](const mjModel& model, const mjData& data, const testing::Numbers& before, const Vector<double>& action,
          double dt) {
        const bool paid = healthy(task, model, data) || (task.version == 4 && task.terminate_when_unhealthy);
        return testing::Numbers{task.forward_reward_weight * (data.qpos[0] - before[0]) / dt,
                                -task.ctrl_cost_weight * testing::sum_of_squares(action),
                                paid ? task.healthy_reward : 0};
      },
      [=](const mjModel& model, const mjData& data) {
        return task.terminate_when_unhealthy && !healthy(task, model, data);
      },
  };
}

TEST_CASE("Walker2d: observations, reward terms and ends are those of the definition") {
  const Walker2d changed{.frame_skip = 2,
                         .forward_reward_weight = 2.5,
                         .ctrl_cost_weight = 0.03,
                         .healthy_reward = 0.5,
                         .terminate_when_unhealthy = false,
                         .healthy_z_range = {1, 1.3},
                         .healthy_angle_range = {-0.1, 0.05},
                         .exclude_current_positions_from_observation = false};
  Walker2d four = Walker2d::v4();
  four.healthy_angle_range = {-0.05, 0.05};
  CHECK(testing::check_by_book(Walker2d{}, 0.1, book(Walker2d{})) >= 0);
  CHECK(testing::check_by_book(Walker2d{.healthy_angle_range = {-0.05, 0.05}}, 0.04,
                               book(Walker2d{.healthy_angle_range = {-0.05, 0.05}})) > 0);
  CHECK(testing::check_by_book(changed, 0.1, book(changed)) == 0);
  CHECK(testing::check_by_book(four, 0.04, book(four)) > 0);
}

TEST_CASE("Walker2d: version 4 pays the last step too and has fewer options") {
  for (const bool terminate : {true, false}) {
    Walker2d task = Walker2d::v4();
    task.terminate_when_unhealthy = terminate;
    const Walker2dEnvironment environment(task);
    CHECK(environment.spec().name == "Walker2d-v4");
    const testing::PlainData data = testing::plain_data(environment.model().get());
    data->qpos[1] = 0.1;
    testing::Numbers terms;
    CHECK(testing::judge(environment, *data, terms).terminated == terminate);
    CHECK(terms[2] == (terminate ? 1 : 0));
  }
  Walker2d task = Walker2d::v4();
  set_option(task, "healthy_reward", "2");
  CHECK(task.healthy_reward == 2);
  CHECK_THROWS_WITH(set_option(task, "xml_file", "mine.xml"), ContainsSubstring("Walker2d-v4: expected an option of"));
}

TEST_CASE("Walker2d: ranges must be in order") {
  CHECK_THROWS_WITH(Walker2dEnvironment(Walker2d{.healthy_z_range = {2, 1}}),
                    ContainsSubstring("Walker2d: expected healthy_z_range low <= high, got 2, 1"));
  CHECK_THROWS_WITH(Walker2dEnvironment(Walker2d{.healthy_angle_range = {2, 1}}),
                    ContainsSubstring("Walker2d: expected healthy_angle_range low <= high"));
}

TEST_CASE("Walker2d: the bounds of the healthy ranges are not healthy") {
  const Walker2dEnvironment environment;
  const testing::PlainData data = testing::plain_data(environment.model().get());
  const auto healthy_with = [&](double z, double angle) {
    data->qpos[1] = z;
    data->qpos[2] = angle;
    return environment.task().is_healthy(*data);
  };
  CHECK(healthy_with(std::nextafter(0.8, 1), std::nextafter(-1.0, 0)));
  CHECK(healthy_with(std::nextafter(2.0, 1), std::nextafter(1.0, 0)));
  CHECK_FALSE(healthy_with(0.8, 0));
  CHECK_FALSE(healthy_with(2, 0));
  CHECK_FALSE(healthy_with(1, -1));
  CHECK_FALSE(healthy_with(1, 1));
}

TEST_CASE("Walker2d: version 4's right foot has less grip") {
  const auto grip = [](const Walker2d& task, const char* foot) {
    const Walker2dEnvironment environment(task);
    return environment.model()->geom_friction[3 * geom_id(environment.model().get(), foot)];
  };
  CHECK(grip({}, "foot_geom") == 1.9);
  CHECK(grip({}, "foot_left_geom") == 1.9);
  CHECK(grip(Walker2d::v4(), "foot_geom") == 0.9);
  CHECK(grip(Walker2d::v4(), "foot_left_geom") == 1.9);
  // the file's name alone takes its model
  CHECK(grip({.xml_file = "walker2d.xml"}, "foot_geom") == 0.9);
}

TEST_CASE("Walker2d: a saved state continues with the same bits") { testing::check_saved_state(Walker2d{}); }

TEST_CASE("Walker2d: there are versions 4 and 5") {
  CHECK_THROWS_WITH(Walker2dEnvironment(Walker2d{.version = 3}),
                    ContainsSubstring("Walker2d: expected version 4 or 5, got 3"));
}

}  // namespace
