// SPDX-License-Identifier: MIT
// what the tests of planar walkers share: runners that are healthy while they stand upright
#ifndef VANTAGE_TESTS_MUJOCO_WALKER_CHECKS_HPP
#define VANTAGE_TESTS_MUJOCO_WALKER_CHECKS_HPP

#include <string>

#include "runner_checks.hpp"

namespace vantage::testing {

/// Healthy by the torso's height and pitch, bounds excluded.
template <class Task>
bool stands_upright(const Task& task, const mjData& data) {
  const double z = data.qpos[1], angle = data.qpos[2];
  return z > task.healthy_z_range[0] && z < task.healthy_z_range[1] && angle > task.healthy_angle_range[0] &&
         angle < task.healthy_angle_range[1];
}

/// A runner that is paid while healthy(task, data), and ends when it is not.
template <class Task, class Healthy>
Definition walker_book(const Task& task, Healthy healthy) {
  const Definition runner = runner_book(task, 1, 10);
  return {
      runner.observation,
      runner.before,
      [=](const mjModel& model, const mjData& data, const Numbers& before, const Vector<double>& action, double dt) {
        const bool paid = healthy(task, data) || (task.version == 4 && task.terminate_when_unhealthy);
        return joined(runner.terms(model, data, before, action, dt), {paid ? task.healthy_reward : 0});
      },
      [=](const mjModel&, const mjData& data) { return task.terminate_when_unhealthy && !healthy(task, data); },
  };
}

/// Options that all differ from their defaults.
template <class Task>
Task changed_walker() {
  return {.frame_skip = 2,
          .forward_reward_weight = 2.5,
          .ctrl_cost_weight = 0.03,
          .healthy_reward = 0.5,
          .terminate_when_unhealthy = false,
          .healthy_z_range = {1, 1.3},
          .healthy_angle_range = {-0.1, 0.05},
          .exclude_current_positions_from_observation = false};
}

template <class Task, class Healthy>
void check_walker_by_book(const Task& changed, Healthy healthy) {
  const Task narrow{.healthy_angle_range = {-0.05, 0.05}};
  Task four = Task::v4();
  four.healthy_angle_range = {-0.05, 0.05};
  CHECK(check_by_book(Task{}, 0.1, walker_book(Task{}, healthy)) >= 0);
  CHECK(check_by_book(narrow, 0.04, walker_book(narrow, healthy)) > 0);
  CHECK(check_by_book(changed, 0.1, walker_book(changed, healthy)) == 0);
  CHECK(check_by_book(four, 0.04, walker_book(four, healthy)) > 0);
}

/// One step upright, one from a lean beyond the bound.
template <class Task>
void check_leaning() {
  for (const bool terminate : {true, false}) {
    mujoco::Environment<Task> environment(Task{.terminate_when_unhealthy = terminate});
    Vector<double> observation(environment.spec().observation_size);
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

template <class Task>
void check_walker_v4(const std::string& name) {
  using Catch::Matchers::ContainsSubstring;
  for (const bool terminate : {true, false}) {
    Task task = Task::v4();
    task.terminate_when_unhealthy = terminate;
    const mujoco::Environment<Task> environment(task);
    CHECK(environment.spec().name == name + "-v4");
    const PlainData data = plain_data(environment.model().get());
    data->qpos[1] = 0.1;
    Numbers terms;
    CHECK(judge(environment, *data, terms).terminated == terminate);
    CHECK(terms[2] == (terminate ? 1 : 0));
  }
  Task task = Task::v4();
  set_option(task, "healthy_reward", "2");
  CHECK(task.healthy_reward == 2);
  CHECK_THROWS_WITH(set_option(task, "xml_file", "mine.xml"), ContainsSubstring(name + "-v4: expected an option of"));
}

template <class Task>
void check_walker_ranges(const std::string& name) {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(mujoco::Environment<Task>(Task{.healthy_z_range = {2, 1}}),
                    ContainsSubstring(name + ": expected healthy_z_range low <= high, got 2, 1"));
  CHECK_THROWS_WITH(mujoco::Environment<Task>(Task{.healthy_angle_range = {2, 1}}),
                    ContainsSubstring(name + ": expected healthy_angle_range low <= high"));
}

}  // namespace vantage::testing

#endif
