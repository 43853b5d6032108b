// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_HUMANOID_STANDUP_HPP
#define VANTAGE_MUJOCO_HUMANOID_STANDUP_HPP

#include <array>
#include <string>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/humanoid_mjcf.hpp"
#include "vantage/mujoco/humanoid_observation.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// The humanoid on its back, which is to get up; with the semantics of Gymnasium's HumanoidStandup-v5.
/// reward = z / h - w_c |a|^2 - clip(w_i |F|^2) + 1, z the torso's height, h the seconds of one physics step, F the
/// contact forces on all bodies; it never terminates.
struct HumanoidStandup {
  std::string xml_file = "humanoidstandup.xml";            ///< the embedded model, or the path of another
  int frame_skip = 5;                                      ///< physics steps an environment step
  double uph_cost_weight = 1.0;                            ///< without effect, as in Gymnasium
  double ctrl_cost_weight = 0.1;                           ///< w_c
  double impact_cost_weight = 0.5e-6;                      ///< w_i
  Range impact_cost_range = {-infinity, 10.0};             ///< the impact cost is limited to it
  double reset_noise_scale = 1e-2;                         ///< half width of the noise on positions and velocities
  bool exclude_current_positions_from_observation = true;  ///< leave x and y out of the observation
  bool include_cinert_in_observation = true;               ///< the bodies' inertias
  bool include_cvel_in_observation = true;                 ///< the bodies' velocities
  bool include_qfrc_actuator_in_observation = true;        ///< the actuators' forces on the joints
  bool include_cfrc_ext_in_observation = true;             ///< the contact forces on the bodies
  int version = 5;                                         ///< of the semantics; for 4 take v4()
  const char* name = "HumanoidStandup-v5";
  Index max_episode_steps = 1000;     ///< time limit; 0: none
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
  std::string physics = "exact";      ///< or mujoco, fast: see PhysicsOptions::named

  static constexpr ModelNeeds needs = HumanoidObservation::needs;
  static constexpr bool needs_contact_forces = true;
  static constexpr bool exact_without_islands = true;
  static constexpr Index memory_size = 0;
  static constexpr std::array reward_terms{"reward_linup", "reward_quadctrl", "reward_impact", "reward_constant"};

  /// HumanoidStandup-v4: rows of zeros for the world and the root are observed too; its one option is the time limit.
  [[nodiscard]] static HumanoidStandup v4() { return {.version = 4, .name = "HumanoidStandup-v4"}; }

  void validate() const {
    require(reset_noise_scale >= 0, "HumanoidStandup", "reset_noise_scale >= 0", reset_noise_scale);
    require_range(impact_cost_range, "HumanoidStandup", "impact_cost_range low <= high");
    require(version == 4 || version == 5, "HumanoidStandup", "version 4 or 5", version);
  }

  [[nodiscard]] Model load_model() const {
    return load_task_model(*this, "humanoidstandup.xml", humanoid_mjcf(lying_humanoid));
  }

  [[nodiscard]] Index count_observations(const mjModel& model) const {
    return HumanoidObservation::of(*this).size(model);
  }

  void reset_state(const mjModel& model, mjData& data, Rng& rng) const {
    add_uniform(data.qpos, model.nq, reset_noise_scale, rng);
    add_uniform(data.qvel, model.nv, reset_noise_scale, rng);
  }

  void observe(const mjModel& model, const mjData& data, VectorRef<double> out) const {
    HumanoidObservation::of(*this).write(model, data, out);
  }

  void remember(const mjModel&, const mjData&, std::span<double>) const {}

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    terms[0] = step.data.qpos[2] / step.model.opt.timestep;
    terms[1] = -control_cost(step.action, ctrl_cost_weight);
    terms[2] = -impact_cost(step.model, step.data);
    terms[3] = 1.0;
    return {terms[0] + terms[1] + terms[2] + terms[3], false};
  }

  /// clip(w_i |F|^2)
  [[nodiscard]] double impact_cost(const mjModel& model, const mjData& data) const {
    return clipped(impact_cost_weight * clipped_squares(data.cfrc_ext, 6 * model.nbody), impact_cost_range);
  }
};

/// Calls visit(name, field) for each option of the task.
template <class TaskOptions, class Visit>
requires std::same_as<std::remove_const_t<TaskOptions>, HumanoidStandup>
void visit_options(TaskOptions& task, Visit&& visit) {
  visit("max_episode_steps", task.max_episode_steps);
  visit("physics", task.physics);
  if (task.version == 4) return;
  visit("xml_file", task.xml_file);
  visit("initial_keyframe", task.initial_keyframe);
  visit("frame_skip", task.frame_skip);
  visit("uph_cost_weight", task.uph_cost_weight);
  visit("ctrl_cost_weight", task.ctrl_cost_weight);
  visit("impact_cost_weight", task.impact_cost_weight);
  visit("impact_cost_range", task.impact_cost_range);
  visit("reset_noise_scale", task.reset_noise_scale);
  visit("exclude_current_positions_from_observation", task.exclude_current_positions_from_observation);
  visit("include_cinert_in_observation", task.include_cinert_in_observation);
  visit("include_cvel_in_observation", task.include_cvel_in_observation);
  visit("include_qfrc_actuator_in_observation", task.include_qfrc_actuator_in_observation);
  visit("include_cfrc_ext_in_observation", task.include_cfrc_ext_in_observation);
}

/// The humanoid that is to stand up, as an environment.
using HumanoidStandupEnvironment = Environment<HumanoidStandup>;

}  // namespace vantage::mujoco

#endif
