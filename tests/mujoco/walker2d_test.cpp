// SPDX-License-Identifier: MIT
#include "vantage/mujoco/walker2d.hpp"

#include <cmath>

#include "task_checks.hpp"
#include "vantage/mujoco/names.hpp"
#include "walker_checks.hpp"

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
  testing::check_drive(result, 1.2543974985, rewards, sums, 1e-8);
}

TEST_CASE("Walker2d: reset noise has the right distribution") {
  testing::check_reset_noise(Walker2dEnvironment(), 0.005, 0.005, false);
}

TEST_CASE("Walker2d: a negative noise scale is refused") { testing::check_noise_scale<Walker2d>("Walker2d"); }

TEST_CASE("Walker2d: positions can be part of the observation") {
  const Walker2dEnvironment with(Walker2d{.exclude_current_positions_from_observation = false});
  CHECK(with.spec().observation_size == 18);
}

TEST_CASE("Walker2d: it ends when it leans too far, and is not paid for that step") {
  testing::check_leaning<Walker2d>();
}

TEST_CASE("Walker2d: observations, reward terms and ends are those of the definition") {
  testing::check_walker_by_book(testing::changed_walker<Walker2d>(), testing::stands_upright<Walker2d>);
}

TEST_CASE("Walker2d: version 4 pays the last step too and has fewer options") {
  testing::check_walker_v4<Walker2d>("Walker2d");
}

TEST_CASE("Walker2d: ranges must be in order") { testing::check_walker_ranges<Walker2d>("Walker2d"); }

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

TEST_CASE("Walker2d: there are versions 4 and 5") { testing::check_versions<Walker2d>("Walker2d"); }

}  // namespace
