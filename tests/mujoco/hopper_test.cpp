// SPDX-License-Identifier: MIT
#include "vantage/mujoco/hopper.hpp"

#include <cmath>

#include "by_book.hpp"
#include "task_checks.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

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
                    ContainsSubstring("Hopper: expected reset_noise_scale >= 0"));
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

bool healthy(const Hopper& task, const mjModel&, const mjData& data) {
  const auto inside = [](double x, const Range& range) { return x > range[0] && x < range[1]; };
  for (int i = 2; i < 12; ++i) {
    if (!inside(i < 6 ? data.qpos[i] : data.qvel[i - 6], task.healthy_state_range)) return false;
  }
  // the state from its third number on: velocities of x and z count, their positions do not
  return inside(data.qpos[1], task.healthy_z_range) && inside(data.qpos[2], task.healthy_angle_range);
}

testing::Definition book(const Hopper& task) {
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

TEST_CASE("Hopper: observations, reward terms and ends are those of the definition") {
  const Hopper changed{.frame_skip = 2,
                       .forward_reward_weight = 2.5,
                       .ctrl_cost_weight = 0.03,
                       .healthy_reward = 0.5,
                       .terminate_when_unhealthy = false,
                       .healthy_state_range = {-2, 2},
                       .healthy_z_range = {1, 1.3},
                       .healthy_angle_range = {-0.1, 0.05},
                       .exclude_current_positions_from_observation = false};
  Hopper four = Hopper::v4();
  four.healthy_angle_range = {-0.05, 0.05};
  CHECK(testing::check_by_book(Hopper{}, 0.1, book(Hopper{})) >= 0);
  CHECK(testing::check_by_book(Hopper{.healthy_angle_range = {-0.05, 0.05}}, 0.04,
                               book(Hopper{.healthy_angle_range = {-0.05, 0.05}})) > 0);
  CHECK(testing::check_by_book(changed, 0.1, book(changed)) == 0);
  CHECK(testing::check_by_book(four, 0.04, book(four)) > 0);
}

TEST_CASE("Hopper: version 4 pays the last step too and has fewer options") {
  for (const bool terminate : {true, false}) {
    Hopper task = Hopper::v4();
    task.terminate_when_unhealthy = terminate;
    const HopperEnvironment environment(task);
    CHECK(environment.spec().name == "Hopper-v4");
    const testing::PlainData data = testing::plain_data(environment.model().get());
    data->qpos[1] = 0.1;
    testing::Numbers terms;
    CHECK(testing::judge(environment, *data, terms).terminated == terminate);
    CHECK(terms[2] == (terminate ? 1 : 0));
  }
  Hopper task = Hopper::v4();
  set_option(task, "healthy_reward", "2");
  CHECK(task.healthy_reward == 2);
  CHECK_THROWS_WITH(set_option(task, "xml_file", "mine.xml"), ContainsSubstring("Hopper-v4: expected an option of"));
}

TEST_CASE("Hopper: ranges must be in order") {
  CHECK_THROWS_WITH(HopperEnvironment(Hopper{.healthy_z_range = {2, 1}}),
                    ContainsSubstring("Hopper: expected healthy_z_range low <= high, got 2, 1"));
  CHECK_THROWS_WITH(HopperEnvironment(Hopper{.healthy_angle_range = {2, 1}}),
                    ContainsSubstring("Hopper: expected healthy_angle_range low <= high"));
}

TEST_CASE("Hopper: the bounds of the healthy ranges are not healthy") {
  const HopperEnvironment environment(Hopper{.healthy_z_range = {0.7, 2}});
  const mjModel& model = environment.model().get();
  const testing::PlainData data = testing::plain_data(model);
  const auto healthy_with = [&](double z, double angle, double knee, double speed) {
    data->qpos[1] = z;
    data->qpos[2] = angle;
    data->qpos[4] = knee;
    data->qvel[0] = speed;
    return environment.task().is_healthy(model, *data);
  };
  const auto below = [](double x) { return std::nextafter(x, -1e9); };
  const auto above = [](double x) { return std::nextafter(x, 1e9); };
  CHECK(healthy_with(above(0.7), above(-0.2), above(-100), above(-100)));
  CHECK(healthy_with(below(2), below(0.2), below(100), below(100)));
  CHECK_FALSE(healthy_with(0.7, 0, 0, 0));
  CHECK_FALSE(healthy_with(2, 0, 0, 0));
  CHECK_FALSE(healthy_with(1, -0.2, 0, 0));
  CHECK_FALSE(healthy_with(1, 0.2, 0, 0));
  CHECK_FALSE(healthy_with(1, 0, 100, 0));
  CHECK_FALSE(healthy_with(1, 0, -100, 0));
  CHECK_FALSE(healthy_with(1, 0, 0, 100));
  CHECK_FALSE(healthy_with(1, 0, 0, -100));
  // how far it has come does not count
  data->qpos[0] = 1e6;
  CHECK(healthy_with(1, 0, 0, 0));
  CHECK_THROWS_WITH(HopperEnvironment(Hopper{.healthy_state_range = {1, -1}}),
                    ContainsSubstring("Hopper: expected healthy_state_range low <= high"));
}

TEST_CASE("Hopper: a saved state continues with the same bits") { testing::check_saved_state(Hopper{}); }

TEST_CASE("Hopper: there are versions 4 and 5") {
  CHECK_THROWS_WITH(HopperEnvironment(Hopper{.version = 3}),
                    ContainsSubstring("Hopper: expected version 4 or 5, got 3"));
}

}  // namespace
