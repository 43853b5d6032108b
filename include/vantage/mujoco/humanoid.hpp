// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_HUMANOID_HPP
#define VANTAGE_MUJOCO_HUMANOID_HPP

#include <array>
#include <string>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/humanoid_mjcf.hpp"
#include "vantage/mujoco/humanoid_observation.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// A two-legged body with arms, which is to walk; with the semantics of Gymnasium's Humanoid-v5.
/// reward = w_f (x' - x) / dt + healthy r_h - w_c |a|^2 - clip(w_k |F|^2), x of the centre of mass, F the contact
/// forces on all bodies; it terminates when it is not healthy.
struct Humanoid {
  std::string xml_file = "humanoid.xml";                   ///< the embedded model, or the path of another
  int frame_skip = 5;                                      ///< physics steps an environment step
  double forward_reward_weight = 1.25;                     ///< w_f
  double ctrl_cost_weight = 0.1;                           ///< w_c
  double contact_cost_weight = 5e-7;                       ///< w_k
  Range contact_cost_range = {-infinity, 10.0};            ///< the contact cost is limited to it
  double healthy_reward = 5.0;                             ///< r_h
  bool terminate_when_unhealthy = true;                    ///< end the episode when it falls
  Range healthy_z_range = {1.0, 2.0};                      ///< of the torso's height
  double reset_noise_scale = 1e-2;                         ///< half width of the noise on positions and velocities
  bool exclude_current_positions_from_observation = true;  ///< leave x and y out of the observation
  bool include_cinert_in_observation = true;               ///< the bodies' inertias
  bool include_cvel_in_observation = true;                 ///< the bodies' velocities
  bool include_qfrc_actuator_in_observation = true;        ///< the actuators' forces on the joints
  bool include_cfrc_ext_in_observation = true;             ///< the contact forces on the bodies
  int version = 5;                                         ///< of the semantics; for 4 take v4()
  const char* name = "Humanoid-v5";
  Index max_episode_steps = 1000;     ///< time limit; 0: none
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
  std::string physics = "exact";      ///< or mujoco, fast: see PhysicsOptions::named

  static constexpr ModelNeeds needs = HumanoidObservation::needs;
  static constexpr bool needs_contact_forces = true;
  static constexpr bool exact_without_islands = true;
  static constexpr Index memory_size = 1;  // x of the centre of mass
  static constexpr std::array reward_terms{"reward_survive", "reward_forward", "reward_ctrl", "reward_contact"};

  /// Humanoid-v4: contacts cost nothing, rows of zeros for the world and the root are observed too, and the healthy
  /// reward is paid on the last step too.
  [[nodiscard]] static Humanoid v4() { return {.contact_cost_weight = 0, .version = 4, .name = "Humanoid-v4"}; }

  void validate() const {
    require(reset_noise_scale >= 0, "Humanoid", "reset_noise_scale >= 0", reset_noise_scale);
    require_range(healthy_z_range, "Humanoid", "healthy_z_range low <= high");
    require_range(contact_cost_range, "Humanoid", "contact_cost_range low <= high");
    require(version == 4 || version == 5, "Humanoid", "version 4 or 5", version);
  }

  [[nodiscard]] Model load_model() const {
    return load_task_model(*this, "humanoid.xml", humanoid_mjcf(standing_humanoid));
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

  void remember(const mjModel& model, const mjData& data, std::span<double> memory) const {
    memory[0] = mass_centre_x(model, data);
  }

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    const bool healthy = is_healthy(step.data);
    terms[0] = survival_reward(*this, healthy);
    terms[1] = forward_reward_weight * ((mass_centre_x(step.model, step.data) - step.before[0]) / step.dt);
    terms[2] = -control_cost(step.action, ctrl_cost_weight);
    terms[3] = -contact_cost(step.model, step.data);
    return {terms[1] + terms[0] + (terms[2] + terms[3]), terminate_when_unhealthy && !healthy};
  }

  [[nodiscard]] bool is_healthy(const mjData& data) const { return strictly_inside(data.qpos[2], healthy_z_range); }

  /// clip(w_k |F|^2)
  [[nodiscard]] double contact_cost(const mjModel& model, const mjData& data) const {
    return clipped(contact_cost_weight * clipped_squares(data.cfrc_ext, 6 * model.nbody), contact_cost_range);
  }

  /// sum_b m_b x_b / sum_b m_b
  [[nodiscard]] static double mass_centre_x(const mjModel& model, const mjData& data) {
    double moment = 0, mass = 0;
    for (int b = 0; b < static_cast<int>(model.nbody); ++b) {
      moment += model.body_mass[b] * data.xipos[3 * b];
      mass += model.body_mass[b];
    }
    return moment / mass;
  }
};

/// Calls visit(name, field) for each option of the task.
template <class TaskOptions, class Visit>
requires std::same_as<std::remove_const_t<TaskOptions>, Humanoid>
void visit_options(TaskOptions& task, Visit&& visit) {
  visit("max_episode_steps", task.max_episode_steps);
  visit("physics", task.physics);
  visit("forward_reward_weight", task.forward_reward_weight);
  visit("ctrl_cost_weight", task.ctrl_cost_weight);
  visit("healthy_reward", task.healthy_reward);
  visit("terminate_when_unhealthy", task.terminate_when_unhealthy);
  visit("healthy_z_range", task.healthy_z_range);
  visit("reset_noise_scale", task.reset_noise_scale);
  visit("exclude_current_positions_from_observation", task.exclude_current_positions_from_observation);
  if (task.version == 4) return;
  visit("xml_file", task.xml_file);
  visit("initial_keyframe", task.initial_keyframe);
  visit("frame_skip", task.frame_skip);
  visit("contact_cost_weight", task.contact_cost_weight);
  visit("contact_cost_range", task.contact_cost_range);
  visit("include_cinert_in_observation", task.include_cinert_in_observation);
  visit("include_cvel_in_observation", task.include_cvel_in_observation);
  visit("include_qfrc_actuator_in_observation", task.include_qfrc_actuator_in_observation);
  visit("include_cfrc_ext_in_observation", task.include_cfrc_ext_in_observation);
}

/// The humanoid as an environment.
using HumanoidEnvironment = Environment<Humanoid>;

}  // namespace vantage::mujoco

#endif
