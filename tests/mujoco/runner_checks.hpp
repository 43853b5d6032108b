// SPDX-License-Identifier: MIT
// what the tests of tasks share that pay for the way forward
#ifndef VANTAGE_TESTS_MUJOCO_RUNNER_CHECKS_HPP
#define VANTAGE_TESTS_MUJOCO_RUNNER_CHECKS_HPP

#include <string>
#include <vector>

#include "by_book.hpp"
#include "catch.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace vantage::testing {

/// w_f (x' - x) / dt and -w_c |a|^2, without an end; `hidden` positions can be left out of the observation.
template <class Task>
Definition runner_book(const Task& task, int hidden, double velocity_limit = mujoco::infinity) {
  return {
      [=](const mjModel& model, const mjData& data) {
        const int first = task.exclude_current_positions_from_observation ? hidden : 0;
        return joined(slice(data.qpos, first, model.nq), slice(data.qvel, 0, model.nv, velocity_limit));
      },
      [](const mjModel&, const mjData& data) { return Numbers{data.qpos[0]}; },
      [=](const mjModel&, const mjData& data, const Numbers& before, const Vector<double>& action, double dt) {
        return Numbers{task.forward_reward_weight * (data.qpos[0] - before[0]) / dt,
                       -task.ctrl_cost_weight * sum_of_squares(action)};
      },
      [](const mjModel&, const mjData&) { return false; },
  };
}

/// Both versions, and options that all differ from their defaults.
template <class Task>
void check_runner_by_book(int hidden) {
  for (const Task& task : {Task{}, Task::v4(),
                           Task{.frame_skip = 2,
                           .forward_reward_weight = 2.5,
                           .ctrl_cost_weight = 0.03,
                           .exclude_current_positions_from_observation = false}}) {
    check_by_book(task, 0.1, runner_book(task, hidden));
  }
}

/// `forward`: what version 4 calls the forward reward.
template <class Task>
void check_runner_v4(const std::string& name, const std::string& forward) {
  using Catch::Matchers::ContainsSubstring;
  const mujoco::Environment<Task> environment(Task::v4());
  CHECK(environment.spec().name == name + "-v4");
  CHECK(environment.spec().reward_terms == std::vector<std::string>{forward, "reward_ctrl"});
  CHECK(mujoco::Environment<Task>().spec().reward_terms == std::vector<std::string>{"reward_forward", "reward_ctrl"});
  Task task = Task::v4();
  set_option(task, "ctrl_cost_weight", "2");
  CHECK(task.ctrl_cost_weight == 2);
  CHECK_THROWS_WITH(set_option(task, "frame_skip", "2"), ContainsSubstring(name + "-v4: expected an option of"));
}

}  // namespace vantage::testing

#endif
