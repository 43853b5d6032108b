// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_WALKER2D_HPP
#define VANTAGE_MUJOCO_WALKER2D_HPP

#include <array>
#include <string>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// A planar two-legged walker; with the semantics of Gymnasium's Walker2d-v5.
/// reward = w_f (x' - x) / dt + healthy r_h - w_c |a|^2; it terminates when it is not healthy.
struct Walker2d {
  std::string xml_file = "walker2d_v5.xml";                ///< embedded, as version 4's walker2d.xml; or a path
  int frame_skip = 4;                                      ///< physics steps an environment step
  double forward_reward_weight = 1.0;                      ///< w_f
  double ctrl_cost_weight = 1e-3;                          ///< w_c
  double healthy_reward = 1.0;                             ///< r_h
  bool terminate_when_unhealthy = true;                    ///< end the episode when it falls
  Range healthy_z_range = {0.8, 2.0};                      ///< of the torso's height
  Range healthy_angle_range = {-1.0, 1.0};                 ///< of the torso's pitch
  double reset_noise_scale = 5e-3;                         ///< half width of the noise on positions and velocities
  bool exclude_current_positions_from_observation = true;  ///< leave x out of the observation
  int version = 5;                                         ///< of the semantics; for 4 take v4()
  const char* name = "Walker2d-v5";
  Index max_episode_steps = 1000;     ///< time limit; 0: none
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
  std::string physics = "exact";      ///< or mujoco, fast: see PhysicsOptions::named

  static constexpr ModelNeeds needs{
      .positions = 3, .velocities = 1, .bodies = 1, .meaning = "the first positions are x, z and pitch"};
  static constexpr bool needs_contact_forces = false;
  static constexpr bool exact_without_islands = true;
  static constexpr Index memory_size = 1;  // x
  static constexpr std::array reward_terms{"reward_forward", "reward_ctrl", "reward_survive"};
  static const char* const mjcf;

  /// Walker2d-v4: the right foot has less grip; the healthy reward is paid on the last step too.
  [[nodiscard]] static Walker2d v4() { return {.xml_file = "walker2d.xml", .version = 4, .name = "Walker2d-v4"}; }

  void validate() const {
    require(reset_noise_scale >= 0, "Walker2d", "reset_noise_scale >= 0", reset_noise_scale);
    require_range(healthy_z_range, "Walker2d", "healthy_z_range low <= high");
    require_range(healthy_angle_range, "Walker2d", "healthy_angle_range low <= high");
    require(version == 4 || version == 5, "Walker2d", "version 4 or 5", version);
  }

  [[nodiscard]] Model load_model() const {
    if (xml_file == "walker2d.xml") return load_task_model(*this, "walker2d.xml", uneven_feet());
    return load_task_model(*this, "walker2d_v5.xml", mjcf);
  }

  [[nodiscard]] Index count_observations(const mjModel& model) const {
    return static_cast<Index>(model.nq + model.nv) - skipped();
  }

  void reset_state(const mjModel& model, mjData& data, Rng& rng) const {
    add_uniform(data.qpos, model.nq, reset_noise_scale, rng);
    add_uniform(data.qvel, model.nv, reset_noise_scale, rng);
  }

  void observe(const mjModel& model, const mjData& data, VectorRef<double> out) const {
    observe_state(model, data, skipped(), 10, out);
  }

  void remember(const mjModel&, const mjData& data, std::span<double> memory) const { memory[0] = data.qpos[0]; }

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    const bool healthy = is_healthy(step.data);
    terms[0] = forward_reward_weight * ((step.data.qpos[0] - step.before[0]) / step.dt);
    terms[1] = -control_cost(step.action, ctrl_cost_weight);
    terms[2] = survival_reward(*this, healthy);
    return {terms[0] + terms[2] + terms[1], terminate_when_unhealthy && !healthy};
  }

  [[nodiscard]] bool is_healthy(const mjData& data) const {
    return strictly_inside(data.qpos[1], healthy_z_range) && strictly_inside(data.qpos[2], healthy_angle_range);
  }

 private:
  [[nodiscard]] Index skipped() const { return exclude_current_positions_from_observation ? 1 : 0; }

  /// The model with version 4's right foot.
  static std::string uneven_feet() {
    const std::string foot = R"(<geom name="foot_geom" class="foot")";
    return replaced(mjcf, foot, foot + R"( friction=".9")");
  }
};

/// Calls visit(name, field) for each option of the task; version 4 has fewer.
template <class TaskOptions, class Visit>
requires std::same_as<std::remove_const_t<TaskOptions>, Walker2d>
void visit_options(TaskOptions& task, Visit&& visit) {
  visit("max_episode_steps", task.max_episode_steps);
  visit("physics", task.physics);
  if (task.version >= 5) {
    visit("xml_file", task.xml_file);
    visit("initial_keyframe", task.initial_keyframe);
    visit("frame_skip", task.frame_skip);
  }
  visit("forward_reward_weight", task.forward_reward_weight);
  visit("ctrl_cost_weight", task.ctrl_cost_weight);
  visit("healthy_reward", task.healthy_reward);
  visit("terminate_when_unhealthy", task.terminate_when_unhealthy);
  visit("healthy_z_range", task.healthy_z_range);
  visit("healthy_angle_range", task.healthy_angle_range);
  visit("reset_noise_scale", task.reset_noise_scale);
  visit("exclude_current_positions_from_observation", task.exclude_current_positions_from_observation);
}

/// MJCF of the embedded model.
inline constexpr const char* walker2d_mjcf = R"(<mujoco model="walker2d">
  <compiler angle="degree" inertiafromgeom="true"/>
  <option integrator="RK4" timestep="0.002"/>
  <default>
    <joint type="hinge" axis="0 -1 0" limited="true" armature=".01" damping=".1"/>
    <geom type="capsule" contype="1" conaffinity="0" condim="3" friction=".9 .1 .1" rgba=".75 .55 .35 1"/>
    <motor ctrllimited="true" ctrlrange="-1 1" gear="100"/>
    <default class="root">
      <joint limited="false" armature="0" damping="0" stiffness="0"/>
    </default>
    <default class="foot">
      <geom size=".06 .1" pos="-.1 0 .1" friction="1.9" quat=".70710678118654757 0 -.70710678118654746 0"/>
    </default>
  </default>
  <worldbody>
    <light directional="true" pos="0 0 4" dir="0 0 -1" diffuse=".9 .9 .9"/>
    <geom name="floor" type="plane" size="40 40 40" conaffinity="1" friction=".7" rgba=".35 .45 .4 1"/>
    <body name="torso" pos="0 0 1.25">
      <camera name="track" mode="trackcom" pos="0 -3 -.25" xyaxes="1 0 0 0 0 1"/>
      <joint class="root" name="rootx" type="slide" axis="1 0 0" pos="0 0 -1.25"/>
      <joint class="root" name="rootz" type="slide" axis="0 0 1" pos="0 0 -1.25" ref="1.25"/>
      <joint class="root" name="rooty" axis="0 1 0"/>
      <geom name="torso_geom" size=".05 .19999999999999996"/>
      <body name="thigh" pos="0 0 -.19999999999999996">
        <joint name="thigh_joint" range="-150 0"/>
        <geom name="thigh_geom" size=".05 .22500000000000003" pos="0 0 -.22500000000000009"/>
        <body name="leg" pos="0 0 -.70000000000000007">
          <joint name="leg_joint" pos="0 0 .25" range="-150 0"/>
          <geom name="leg_geom" size=".04 .25"/>
          <body name="foot" pos=".2 0 -.35">
            <joint name="foot_joint" pos="-.2 0 .1" range="-45 45"/>
            <geom name="foot_geom" class="foot"/>
          </body>
        </body>
      </body>
      <body name="thigh_left" pos="0 0 -.19999999999999996">
        <joint name="thigh_left_joint" range="-150 0"/>
        <geom name="thigh_left_geom" size=".05 .22500000000000003" pos="0 0 -.22500000000000009"/>
        <body name="leg_left" pos="0 0 -.70000000000000007">
          <joint name="leg_left_joint" pos="0 0 .25" range="-150 0"/>
          <geom name="leg_left_geom" size=".04 .25"/>
          <body name="foot_left" pos=".2 0 -.35">
            <joint name="foot_left_joint" pos="-.2 0 .1" range="-45 45"/>
            <geom name="foot_left_geom" class="foot"/>
          </body>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor joint="thigh_joint"/>
    <motor joint="leg_joint"/>
    <motor joint="foot_joint"/>
    <motor joint="thigh_left_joint"/>
    <motor joint="leg_left_joint"/>
    <motor joint="foot_left_joint"/>
  </actuator>
</mujoco>)";

inline constexpr const char* const Walker2d::mjcf = walker2d_mjcf;

/// The walker as an environment.
using Walker2dEnvironment = Environment<Walker2d>;

}  // namespace vantage::mujoco

#endif
