// SPDX-License-Identifier: MIT
#include "vantage/mujoco/humanoid_standup.hpp"

#include "humanoid_checks.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

static_assert(vantage::Environment<HumanoidStandupEnvironment>);
static_assert(StatefulEnvironment<HumanoidStandupEnvironment>);
static_assert(HasRewardTerms<HumanoidStandupEnvironment>);

TEST_CASE("HumanoidStandup: the spaces and the time limit are the published ones") {
  const HumanoidStandupEnvironment environment;
  CHECK(environment.dt() == Approx(0.015));
  CHECK(environment.spec().max_episode_steps == 1000);
  CHECK(environment.spec().action_high == Vector<double>::Constant(17, 0.4));
  const auto size = [](const HumanoidStandup& task) {
    return HumanoidStandupEnvironment(task).spec().observation_size;
  };
  CHECK(size({}) == 348);
  CHECK(size({.exclude_current_positions_from_observation = false, .include_cinert_in_observation = false}) == 220);
  CHECK(size(HumanoidStandup::v4()) == 376);
}

TEST_CASE("HumanoidStandup: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(HumanoidStandupEnvironment(), 0.01, 0.01);
  // the solver of this model stops early, so versions agree to about 1e-5
#if mjVERSION_HEADER >= 3005000
  const std::vector<double> rewards{35.6864883924, 38.4032467963, 36.1838312781,
                                    27.9416310927, 31.7299712187, 30.2087478904};
#else
  const std::vector<double> rewards{35.6492921986, 38.3040281165, 35.9904117607,
                                    27.6234788026, 29.9583422024, 29.40918388};
#endif
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(1e-4));
  }
  // the quaternion of the start is normalised in place before 3.2.0
  CHECK(result.first_sum == Approx(mjVERSION_HEADER >= 320 ? 56.5014998714 : 56.4914535888).epsilon(1e-10));
}

/// The task by the book.
testing::Book book(const HumanoidStandup& task) {
  return {
      [=](const mjModel&, const mjData& data) { return testing::observe_humanoid(task, data); },
      [](const mjModel&, const mjData&) { return 0.0; },
      [=](const mjModel&, const mjData& data, const Vector<double>& action, double) {
        double control = 0;
        for (double a : action) control += a * a;
        const double impact = testing::clipped_contact(data, task.impact_cost_weight, task.impact_cost_range);
        return std::vector<double>{data.qpos[2] / 0.003, -task.ctrl_cost_weight * control, -impact, 1.0};
      },
      [](const mjModel&, const mjData&) { return false; },
  };
}

TEST_CASE("HumanoidStandup: observations and reward terms are those of the book, and it never ends") {
  const std::vector<HumanoidStandup> tasks{
      {},
      {.frame_skip = 2,
       .uph_cost_weight = 7,
       .ctrl_cost_weight = 0.5,
       .impact_cost_weight = 1e-6,
       .impact_cost_range = {0.001, 0.5},
       .exclude_current_positions_from_observation = false},
      {.include_cinert_in_observation = false, .include_cfrc_ext_in_observation = false},
      {.include_cvel_in_observation = false, .include_qfrc_actuator_in_observation = false},
      HumanoidStandup::v4(),
  };
  for (const HumanoidStandup& task : tasks) {
    CHECK(testing::check_lockstep(HumanoidStandupEnvironment(task), 0.02, 0.105, book(task)) == 0);
  }
}

TEST_CASE("HumanoidStandup: reset noise has the right distribution") {
  testing::check_reset_noise(HumanoidStandupEnvironment(), 0.01, 0.01, false);
}

TEST_CASE("HumanoidStandup: a saved state continues with the same bits") {
  testing::check_saved_state(HumanoidStandup{});
}

TEST_CASE("HumanoidStandup: wrong options are refused") {
  CHECK_THROWS_WITH(HumanoidStandupEnvironment(HumanoidStandup{.reset_noise_scale = -1}),
                    ContainsSubstring("HumanoidStandup: expected reset_noise_scale >= 0"));
  CHECK_THROWS_WITH(HumanoidStandupEnvironment(HumanoidStandup{.impact_cost_range = {2, 1}}),
                    ContainsSubstring("impact_cost_range low <= high, got 2, 1"));
  HumanoidStandup four = HumanoidStandup::v4();
  CHECK_THROWS_WITH(set_option(four, "frame_skip", "2"), ContainsSubstring("HumanoidStandup-v4: expected an option"));
}

}  // namespace
