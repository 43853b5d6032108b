// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_TASK_HPP
#define VANTAGE_MUJOCO_TASK_HPP

#include <mujoco/mujoco.h>

#include <concepts>
#include <span>
#include <string>
#include <vector>

#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/mujoco/model.hpp"

namespace vantage::mujoco {

/// What a task makes of one step.
struct Outcome {
  double reward = 0;        ///< of the step, the sum of its terms
  bool terminated = false;  ///< the task's own end
  bool truncated = false;   ///< cut off for a reason outside the task, see StepResult
};

/// What a task sees after a step. `before` holds what `remember` noted after the previous step (or reset): the
/// quantities whose change is rewarded, or derived fields that MuJoCo leaves one substep behind.
struct StepView {
  const mjModel& model;            ///< compiled, of this episode
  const mjData& data;              ///< after the step
  ConstVectorRef<double> action;   ///< as it was applied
  std::span<const double> before;  ///< memory_size numbers
  double dt;                       ///< seconds an environment step
};

/// A task is an aggregate of options with a handful of functions; it has no state of its own, but for the numbers of
/// bodies and the like that an optional bind(model) looks up once, after the model is loaded. An optional ModelNeeds
/// `needs` says what it reads of a model, an optional text `initial_keyframe` where episodes begin. A task that shows a
/// critic more than the policy has count_critic_observations(model) and observe_critic(model, data, observation), which
/// are to observations what count_observations and observe are. An optional control(model, data, action) makes forces
/// of the action, and then an optional describe_actions(spec) says what the action's bounds are, in place of the
/// actuators'.
template <class T>
concept Task = std::copyable<T> &&
    requires(const T& task, const mjModel& model, mjData& data, const mjData& constant_data, Rng& rng,
             VectorRef<double> observation, std::span<double> numbers, std::vector<double>& terms,
             const StepView& view) {
  std::string(task.name);
  { task.max_episode_steps } -> std::convertible_to<Index>;
  { task.frame_skip } -> std::convertible_to<int>;
  { task.needs_contact_forces } -> std::convertible_to<bool>;  // call mj_rnePostConstraint after a step
  { task.memory_size } -> std::convertible_to<Index>;
  std::string(*task.reward_terms.begin());
  task.reward_terms.end();
  task.validate();  // throws std::invalid_argument
  { task.load_model() } -> std::convertible_to<Model>;
  { task.count_observations(model) } -> std::convertible_to<Index>;
  task.reset_state(model, data, rng);  // qpos and qvel from data's initial ones and noise
  task.observe(model, constant_data, observation);
  task.remember(model, constant_data, std::span<double>(numbers));
  { task.evaluate(view, terms) } -> std::same_as<Outcome>;  // fills one number for each reward term
};

/// A task that shows a critic more than the policy.
template <class T>
concept ShowsCritic = requires(const T& task, const mjModel& model, const mjData& data, VectorRef<double> observation) {
  { task.count_critic_observations(model) } -> std::convertible_to<Index>;
  task.observe_critic(model, data, observation);
};

}  // namespace vantage::mujoco

#endif
