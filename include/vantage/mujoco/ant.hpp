// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_ANT_HPP
#define VANTAGE_MUJOCO_ANT_HPP

#include <algorithm>
#include <array>
#include <string>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/names.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// A four-legged creature in space; with the semantics of Gymnasium's Ant-v5.
/// reward = w_f (x' - x) / dt + healthy r_h - w_c |a|^2 - w_k |clip(F)|^2, x of the main body's frame, F the contact
/// forces on all bodies; it terminates when it is not healthy: low <= z <= high.
struct Ant {
  std::string xml_file = "ant.xml";                        ///< the embedded model, or the path of another
  int frame_skip = 5;                                      ///< physics steps an environment step
  double forward_reward_weight = 1.0;                      ///< w_f
  double ctrl_cost_weight = 0.5;                           ///< w_c
  double contact_cost_weight = 5e-4;                       ///< w_k
  double healthy_reward = 1.0;                             ///< r_h
  std::string main_body = "1";                             ///< whose x counts: a body's number or name
  bool terminate_when_unhealthy = true;                    ///< end the episode when it falls or jumps too high
  Range healthy_z_range = {0.2, 1.0};                      ///< of the torso's height, bounds included
  Range contact_force_range = {-1.0, 1.0};                 ///< contact forces are limited to it
  double reset_noise_scale = 0.1;                          ///< half width for positions, deviation for velocities
  bool exclude_current_positions_from_observation = true;  ///< leave x and y out of the observation
  bool include_cfrc_ext_in_observation = true;             ///< contact forces as observations (version 5)
  bool use_contact_forces = false;                         ///< contact forces as observations and as cost (version 4)
  int version = 5;                                         ///< of the semantics; for 4 take v4()
  const char* name = "Ant-v5";
  int main_body_number = -1;          ///< found by bind
  Index max_episode_steps = 1000;     ///< time limit; 0: none
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
  std::string physics = "exact";      ///< or mujoco, fast: see PhysicsOptions::named

  static constexpr ModelNeeds needs{
      .positions = 3, .velocities = 1, .bodies = 1, .meaning = "the third position is the torso's height"};
  static constexpr bool needs_contact_forces = true;
  static constexpr bool exact_without_islands = true;
  static constexpr Index memory_size = 1;  // x of the main body
  static constexpr std::array reward_terms{"reward_forward", "reward_ctrl", "reward_contact", "reward_survive"};
  static const char* const mjcf;

  /// Ant-v4: contact forces only on request, then with the world's row; the healthy reward is paid on the last step
  /// too.
  [[nodiscard]] static Ant v4() { return {.version = 4, .name = "Ant-v4"}; }

  void validate() const {
    require(reset_noise_scale >= 0, "Ant", "reset_noise_scale >= 0", reset_noise_scale);
    require_range(healthy_z_range, "Ant", "healthy_z_range low <= high");
    require_range(contact_force_range, "Ant", "contact_force_range low <= high");
    require(!main_body.empty(), "Ant", "main_body, a body's number or name", "none");
    require(version == 4 || version == 5, "Ant", "version 4 or 5", version);
  }

  [[nodiscard]] Model load_model() const { return load_task_model(*this, "ant.xml", mjcf); }

  /// Throws: std::invalid_argument if the model has no such main body.
  void bind(const mjModel& model) {
    main_body_number = is_number(main_body) ? std::stoi(main_body) : body_id(model, main_body);
    require(main_body_number < static_cast<Index>(model.nbody), "Ant", "main_body below the number of bodies",
            main_body);
  }

  [[nodiscard]] Index count_observations(const mjModel& model) const {
    const Index forces = 6 * static_cast<Index>(model.nbody - first_observed_body());
    return static_cast<Index>(model.nq + model.nv) - skipped() + (observes_forces() ? forces : 0);
  }

  void reset_state(const mjModel& model, mjData& data, Rng& rng) const {
    add_uniform(data.qpos, model.nq, reset_noise_scale, rng);
    add_normal(data.qvel, model.nv, reset_noise_scale, rng);
  }

  void observe(const mjModel& model, const mjData& data, VectorRef<double> out) const {
    observe_state(model, data, skipped(), infinity, out);
    if (!observes_forces()) return;
    double* forces = out.data() + (static_cast<Index>(model.nq + model.nv) - skipped());
    std::transform(data.cfrc_ext + 6 * first_observed_body(), data.cfrc_ext + 6 * model.nbody, forces,
                   [this](double f) { return clipped(f, contact_force_range); });
  }

  void remember(const mjModel&, const mjData& data, std::span<double> memory) const { memory[0] = main_body_x(data); }

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    const bool healthy = is_healthy(step.data);
    const bool contact_costs = version >= 5 || use_contact_forces;
    terms[0] = forward_reward_weight * ((main_body_x(step.data) - step.before[0]) / step.dt);
    terms[1] = -control_cost(step.action, ctrl_cost_weight);
    terms[2] = contact_costs ? -contact_cost(step.model, step.data) : 0.0;
    terms[3] = survival_reward(*this, healthy);
    return {terms[0] + terms[3] + (terms[1] + terms[2]), terminate_when_unhealthy && !healthy};
  }

  [[nodiscard]] bool is_healthy(const mjData& data) const {
    return healthy_z_range[0] <= data.qpos[2] && data.qpos[2] <= healthy_z_range[1];
  }

  /// w_k |clip(F)|^2 over the rows of all bodies, the world's included: it holds zeros, which count only where the
  /// range leaves zero out.
  [[nodiscard]] double contact_cost(const mjModel& model, const mjData& data) const {
    return contact_cost_weight * clipped_squares(data.cfrc_ext, 6 * model.nbody, contact_force_range);
  }

 private:
  [[nodiscard]] Index skipped() const { return exclude_current_positions_from_observation ? 2 : 0; }
  [[nodiscard]] bool observes_forces() const {
    return version == 4 ? use_contact_forces : include_cfrc_ext_in_observation;
  }
  [[nodiscard]] int first_observed_body() const { return version == 4 ? 0 : 1; }

  [[nodiscard]] double main_body_x(const mjData& data) const { return body_frame(data, main_body_number).x(); }
};

/// Calls visit(name, field) for each option of the task.
template <class TaskOptions, class Visit>
requires std::same_as<std::remove_const_t<TaskOptions>, Ant>
void visit_options(TaskOptions& task, Visit&& visit) {
  visit("max_episode_steps", task.max_episode_steps);
  visit("physics", task.physics);
  visit("xml_file", task.xml_file);
  visit("initial_keyframe", task.initial_keyframe);
  visit("ctrl_cost_weight", task.ctrl_cost_weight);
  visit("contact_cost_weight", task.contact_cost_weight);
  visit("healthy_reward", task.healthy_reward);
  visit("terminate_when_unhealthy", task.terminate_when_unhealthy);
  visit("healthy_z_range", task.healthy_z_range);
  visit("contact_force_range", task.contact_force_range);
  visit("reset_noise_scale", task.reset_noise_scale);
  visit("exclude_current_positions_from_observation", task.exclude_current_positions_from_observation);
  if (task.version == 4) {
    visit("use_contact_forces", task.use_contact_forces);
  } else {
    visit("frame_skip", task.frame_skip);
    visit("forward_reward_weight", task.forward_reward_weight);
    visit("main_body", task.main_body);
    visit("include_cfrc_ext_in_observation", task.include_cfrc_ext_in_observation);
  }
}

/// MJCF of the embedded model.
inline constexpr const char* ant_mjcf = R"(<mujoco model="ant">
  <compiler angle="degree" inertiafromgeom="true"/>
  <option integrator="RK4" timestep="0.01"/>
  <default>
    <joint type="hinge" axis="0 0 1" limited="true" armature="1" damping="1"/>
    <geom type="capsule" size=".08" conaffinity="0" condim="3" density="5" friction="1 .5 .5" margin=".01"
          rgba=".75 .55 .35 1"/>
    <motor ctrllimited="true" ctrlrange="-1 1" gear="150"/>
  </default>
  <worldbody>
    <light directional="true" pos="0 0 4" dir="0 0 -1" diffuse=".9 .9 .9"/>
    <geom name="floor" type="plane" size="40 40 40" conaffinity="1" rgba=".35 .45 .4 1"/>
    <body name="torso" pos="0 0 .75">
      <camera name="track" mode="trackcom" pos="0 -3 .3" xyaxes="1 0 0 0 0 1"/>
      <joint name="root" type="free" limited="false" armature="0" damping="0" margin=".01"/>
      <geom name="torso_geom" type="sphere" size=".25"/>
      <body name="front_left_leg">
        <geom name="aux_1_geom" fromto="0 0 0 .2 .2 0"/>
        <body name="aux_1" pos=".2 .2 0">
          <joint name="hip_1" range="-30 30"/>
          <geom name="left_leg_geom" fromto="0 0 0 .2 .2 0"/>
          <body pos=".2 .2 0">
            <joint name="ankle_1" axis="-1 1 0" range="30 70"/>
            <geom name="left_ankle_geom" fromto="0 0 0 .4 .4 0"/>
          </body>
        </body>
      </body>
      <body name="front_right_leg">
        <geom name="aux_2_geom" fromto="0 0 0 -.2 .2 0"/>
        <body name="aux_2" pos="-.2 .2 0">
          <joint name="hip_2" range="-30 30"/>
          <geom name="right_leg_geom" fromto="0 0 0 -.2 .2 0"/>
          <body pos="-.2 .2 0">
            <joint name="ankle_2" axis="1 1 0" range="-70 -30"/>
            <geom name="right_ankle_geom" fromto="0 0 0 -.4 .4 0"/>
          </body>
        </body>
      </body>
      <body name="back_leg">
        <geom name="aux_3_geom" fromto="0 0 0 -.2 -.2 0"/>
        <body name="aux_3" pos="-.2 -.2 0">
          <joint name="hip_3" range="-30 30"/>
          <geom name="back_leg_geom" fromto="0 0 0 -.2 -.2 0"/>
          <body pos="-.2 -.2 0">
            <joint name="ankle_3" axis="-1 1 0" range="-70 -30"/>
            <geom name="third_ankle_geom" fromto="0 0 0 -.4 -.4 0"/>
          </body>
        </body>
      </body>
      <body name="right_back_leg">
        <geom name="aux_4_geom" fromto="0 0 0 .2 -.2 0"/>
        <body name="aux_4" pos=".2 -.2 0">
          <joint name="hip_4" range="-30 30"/>
          <geom name="rightback_leg_geom" fromto="0 0 0 .2 -.2 0"/>
          <body pos=".2 -.2 0">
            <joint name="ankle_4" axis="1 1 0" range="30 70"/>
            <geom name="fourth_ankle_geom" fromto="0 0 0 .4 -.4 0"/>
          </body>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor joint="hip_4"/>
    <motor joint="ankle_4"/>
    <motor joint="hip_1"/>
    <motor joint="ankle_1"/>
    <motor joint="hip_2"/>
    <motor joint="ankle_2"/>
    <motor joint="hip_3"/>
    <motor joint="ankle_3"/>
  </actuator>
</mujoco>)";

inline constexpr const char* const Ant::mjcf = ant_mjcf;

/// The ant as an environment.
using AntEnvironment = Environment<Ant>;

}  // namespace vantage::mujoco

#endif
