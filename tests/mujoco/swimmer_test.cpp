// SPDX-License-Identifier: MIT
#include "vantage/mujoco/swimmer.hpp"

#include <cmath>

#include "by_book.hpp"
#include "task_checks.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

static_assert(vantage::Environment<SwimmerEnvironment>);
static_assert(StatefulEnvironment<SwimmerEnvironment>);
static_assert(HasRewardTerms<SwimmerEnvironment>);

TEST_CASE("Swimmer: the model has the published figures") {
  const SwimmerEnvironment environment;
  testing::check_model(environment.model().get(), {5, 5, 2, 4, 5, 4, 8, {35.6047167, 35.6047167, 35.6047167}});
  CHECK(environment.spec().observation_size == 8);
  CHECK(environment.spec().max_episode_steps == 1000);
}

TEST_CASE("Swimmer: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(SwimmerEnvironment(), 0.1, 0.1);
  const std::vector<double> rewards{0.0467838864234, 0.0359217178337,  0.23855483877,
                                    -0.106308784534, -0.0892169351059, 0.134630926144};
  const std::vector<double> sums{-0.384640970738, 1.56886571013};
  CHECK(result.first_sum == Approx(0.048712578237).epsilon(1e-10));
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(1e-8));
  }
  CHECK(result.sums[9] == Approx(sums[0]).epsilon(1e-8));
  CHECK(result.sums[39] == Approx(sums[1]).epsilon(1e-8));
}

TEST_CASE("Swimmer: reset noise has the right distribution") {
  testing::check_reset_noise(SwimmerEnvironment(), 0.1, 0.1, false);
}

TEST_CASE("Swimmer: a negative noise scale is refused") {
  CHECK_THROWS_WITH(SwimmerEnvironment(Swimmer{.reset_noise_scale = -1}),
                    ContainsSubstring("Swimmer: expected reset_noise_scale >= 0"));
}

TEST_CASE("Swimmer: positions can be part of the observation") {
  const SwimmerEnvironment with(Swimmer{.exclude_current_positions_from_observation = false});
  CHECK(with.spec().observation_size == 10);
}

testing::Definition book(const Swimmer& task) {
  return {
      [=](const mjModel& model, const mjData& data) {
        const int first = task.exclude_current_positions_from_observation ? 2 : 0;
        return testing::joined(testing::slice(data.qpos, first, model.nq), testing::slice(data.qvel, 0, model.nv));
      },
      [](const mjModel&, const mjData& data) { return testing::Numbers{data.qpos[0]}; },
      [=](const mjModel&, const mjData& data, const testing::Numbers& before, const Vector<double>& action, double dt) {
        return testing::Numbers{task.forward_reward_weight * (data.qpos[0] - before[0]) / dt,
                                -task.ctrl_cost_weight * testing::sum_of_squares(action)};
      },
      [](const mjModel&, const mjData&) { return false; },
  };
}

TEST_CASE("Swimmer: observations and reward terms are those of the definition") {
  for (const Swimmer& task : {Swimmer{}, Swimmer::v4(),
                              Swimmer{.frame_skip = 2,
                              .forward_reward_weight = 2.5,
                              .ctrl_cost_weight = 0.03,
                              .exclude_current_positions_from_observation = false}}) {
    testing::check_by_book(task, 0.1, book(task));
  }
}

TEST_CASE("Swimmer: version 4 calls the forward reward reward_fwd and has fewer options") {
  const SwimmerEnvironment environment(Swimmer::v4());
  CHECK(environment.spec().name == "Swimmer-v4");
  CHECK(environment.spec().reward_terms == std::vector<std::string>{"reward_fwd", "reward_ctrl"});
  CHECK(SwimmerEnvironment().spec().reward_terms == std::vector<std::string>{"reward_forward", "reward_ctrl"});
  Swimmer task = Swimmer::v4();
  set_option(task, "ctrl_cost_weight", "2");
  CHECK(task.ctrl_cost_weight == 2);
  CHECK_THROWS_WITH(set_option(task, "frame_skip", "2"), ContainsSubstring("Swimmer-v4: expected an option of"));
}

TEST_CASE("Swimmer: a saved state continues with the same bits") { testing::check_saved_state(Swimmer{}); }

TEST_CASE("Swimmer: there are versions 4 and 5") {
  CHECK_THROWS_WITH(SwimmerEnvironment(Swimmer{.version = 3}),
                    ContainsSubstring("Swimmer: expected version 4 or 5, got 3"));
}

}  // namespace
