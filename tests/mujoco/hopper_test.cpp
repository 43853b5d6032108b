// SPDX-License-Identifier: MIT
#include "vantage/mujoco/hopper.hpp"

#include <cmath>

#include "task_checks.hpp"
#include "walker_checks.hpp"

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
  testing::check_drive(result, 1.25337588338, rewards, sums, 1e-9);
}

TEST_CASE("Hopper: reset noise has the right distribution") {
  testing::check_reset_noise(HopperEnvironment(), 0.005, 0.005, false);
}

TEST_CASE("Hopper: a negative noise scale is refused") { testing::check_noise_scale<Hopper>("Hopper"); }

TEST_CASE("Hopper: positions can be part of the observation") {
  const HopperEnvironment with(Hopper{.exclude_current_positions_from_observation = false});
  CHECK(with.spec().observation_size == 12);
}

TEST_CASE("Hopper: it ends when it leans too far, and is not paid for that step") { testing::check_leaning<Hopper>(); }

// the state from its third number on counts too: the velocities of x and z, but not their positions
bool healthy(const Hopper& task, const mjData& data) {
  for (int i = 2; i < 12; ++i) {
    const double x = i < 6 ? data.qpos[i] : data.qvel[i - 6];
    if (!(x > task.healthy_state_range[0] && x < task.healthy_state_range[1])) return false;
  }
  return testing::stands_upright(task, data);
}

TEST_CASE("Hopper: observations, reward terms and ends are those of the definition") {
  auto changed = testing::changed_walker<Hopper>();
  changed.healthy_state_range = {-2, 2};
  testing::check_walker_by_book(changed, healthy);
}

TEST_CASE("Hopper: version 4 pays the last step too and has fewer options") {
  testing::check_walker_v4<Hopper>("Hopper");
}

TEST_CASE("Hopper: ranges must be in order") { testing::check_walker_ranges<Hopper>("Hopper"); }

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

TEST_CASE("Hopper: there are versions 4 and 5") { testing::check_versions<Hopper>("Hopper"); }

}  // namespace
