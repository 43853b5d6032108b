// SPDX-License-Identifier: MIT
#include "vantage/mujoco/half_cheetah.hpp"

#include <cmath>

#include "by_book.hpp"
#include "task_checks.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

static_assert(vantage::Environment<HalfCheetahEnvironment>);
static_assert(StatefulEnvironment<HalfCheetahEnvironment>);
static_assert(HasRewardTerms<HalfCheetahEnvironment>);

TEST_CASE("HalfCheetah: the model has the published figures") {
  const HalfCheetahEnvironment environment;
  testing::check_model(
      environment.model().get(),
      {9, 9, 6, 8, 9, 9, 8, {6.25020921, 1.54351464, 1.5874477, 1.09539749, 1.43807531, 1.20083682, 0.884518828}});
  CHECK(environment.spec().observation_size == 17);
  CHECK(environment.spec().max_episode_steps == 1000);
}

TEST_CASE("HalfCheetah: a fixed drive gives the known rewards") {
  const testing::Drive result = testing::drive(HalfCheetahEnvironment(), 0.1, 0.1);
  const std::vector<double> rewards{-0.520745549115, -0.364816916462, 0.272544631157,
                                    0.0316785562032, -0.803083100845, -1.3012285735};
  const std::vector<double> sums{9.63412051071, -9.02716484211};
  CHECK(result.first_sum == Approx(0.0879499700598).epsilon(1e-10));
  const std::vector<std::size_t> steps{0, 1, 4, 9, 19, 39};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << steps[i]);
    CHECK(result.rewards[steps[i]] == Approx(rewards[i]).epsilon(1e-7));
  }
  CHECK(result.sums[9] == Approx(sums[0]).epsilon(1e-7));
  CHECK(result.sums[39] == Approx(sums[1]).epsilon(1e-7));
}

TEST_CASE("HalfCheetah: reset noise has the right distribution") {
  testing::check_reset_noise(HalfCheetahEnvironment(), 0.1, 0.1, true);
}

TEST_CASE("HalfCheetah: a negative noise scale is refused") {
  CHECK_THROWS_WITH(HalfCheetahEnvironment(HalfCheetah{.reset_noise_scale = -1}),
                    ContainsSubstring("HalfCheetah: expected reset_noise_scale >= 0"));
}

TEST_CASE("HalfCheetah: positions can be part of the observation") {
  const HalfCheetahEnvironment with(HalfCheetah{.exclude_current_positions_from_observation = false});
  CHECK(with.spec().observation_size == 18);
}

testing::Definition book(const HalfCheetah& task) {
  return {
      [=](const mjModel& model, const mjData& data) {
        const int first = task.exclude_current_positions_from_observation ? 1 : 0;
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

TEST_CASE("HalfCheetah: observations and reward terms are those of the definition") {
  for (const HalfCheetah& task : {HalfCheetah{}, HalfCheetah::v4(),
                                  HalfCheetah{.frame_skip = 2,
                                  .forward_reward_weight = 2.5,
                                  .ctrl_cost_weight = 0.03,
                                  .exclude_current_positions_from_observation = false}}) {
    testing::check_by_book(task, 0.1, book(task));
  }
}

TEST_CASE("HalfCheetah: version 4 calls the forward reward reward_run and has fewer options") {
  const HalfCheetahEnvironment environment(HalfCheetah::v4());
  CHECK(environment.spec().name == "HalfCheetah-v4");
  CHECK(environment.spec().reward_terms == std::vector<std::string>{"reward_run", "reward_ctrl"});
  CHECK(HalfCheetahEnvironment().spec().reward_terms == std::vector<std::string>{"reward_forward", "reward_ctrl"});
  HalfCheetah task = HalfCheetah::v4();
  set_option(task, "ctrl_cost_weight", "2");
  CHECK(task.ctrl_cost_weight == 2);
  CHECK_THROWS_WITH(set_option(task, "frame_skip", "2"), ContainsSubstring("HalfCheetah-v4: expected an option of"));
}

TEST_CASE("HalfCheetah: a saved state continues with the same bits") { testing::check_saved_state(HalfCheetah{}); }

TEST_CASE("HalfCheetah: there are versions 4 and 5") {
  CHECK_THROWS_WITH(HalfCheetahEnvironment(HalfCheetah{.version = 3}),
                    ContainsSubstring("HalfCheetah: expected version 4 or 5, got 3"));
}

}  // namespace
