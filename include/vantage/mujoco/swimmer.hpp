// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_SWIMMER_HPP
#define VANTAGE_MUJOCO_SWIMMER_HPP

#include <array>
#include <string>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// Three links in a viscous plane; with the semantics of Gymnasium's Swimmer-v5.
/// reward = w_f (x' - x) / dt - w_c |a|^2; it never terminates.
struct Swimmer {
  std::string xml_file = "swimmer.xml";                    ///< the embedded model, or the path of another
  int frame_skip = 4;                                      ///< physics steps an environment step
  double forward_reward_weight = 1.0;                      ///< w_f
  double ctrl_cost_weight = 1e-4;                          ///< w_c
  double reset_noise_scale = 0.1;                          ///< half width of the noise on positions and velocities
  bool exclude_current_positions_from_observation = true;  ///< leave x and y out of the observation
  int version = 5;                                         ///< of the semantics; for 4 take v4()
  const char* name = "Swimmer-v5";
  /// What the parts of the reward are called.
  std::array<const char*, 2> reward_terms{"reward_forward", "reward_ctrl"};
  Index max_episode_steps = 1000;     ///< time limit; 0: none
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
  std::string physics = "exact";      ///< or mujoco, fast: see PhysicsOptions::named

  static constexpr ModelNeeds needs{
      .positions = 2, .velocities = 1, .bodies = 1, .meaning = "the first positions are x and y"};
  static constexpr bool needs_contact_forces = false;
  static constexpr bool exact_without_islands = true;
  static constexpr Index memory_size = 1;  // x
  static const char* const mjcf;

  /// Swimmer-v4: the forward reward has another name.
  [[nodiscard]] static Swimmer v4() {
    return {.version = 4, .name = "Swimmer-v4", .reward_terms = {"reward_fwd", "reward_ctrl"}};
  }

  void validate() const {
    require(reset_noise_scale >= 0, "Swimmer", "reset_noise_scale >= 0", reset_noise_scale);
    require(version == 4 || version == 5, "Swimmer", "version 4 or 5", version);
  }

  [[nodiscard]] Model load_model() const { return load_task_model(*this, "swimmer.xml", mjcf); }

  [[nodiscard]] Index count_observations(const mjModel& model) const {
    return static_cast<Index>(model.nq + model.nv) - skipped();
  }

  void reset_state(const mjModel& model, mjData& data, Rng& rng) const {
    add_uniform(data.qpos, model.nq, reset_noise_scale, rng);
    add_uniform(data.qvel, model.nv, reset_noise_scale, rng);
  }

  void observe(const mjModel& model, const mjData& data, VectorRef<double> out) const {
    observe_state(model, data, skipped(), infinity, out);
  }

  void remember(const mjModel&, const mjData& data, std::span<double> memory) const { memory[0] = data.qpos[0]; }

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    terms[0] = forward_reward_weight * ((step.data.qpos[0] - step.before[0]) / step.dt);
    terms[1] = -control_cost(step.action, ctrl_cost_weight);
    return {terms[0] + terms[1], false};
  }

 private:
  [[nodiscard]] Index skipped() const { return exclude_current_positions_from_observation ? 2 : 0; }
};

/// Calls visit(name, field) for each option of the task; version 4 has fewer.
template <class TaskOptions, class Visit>
requires std::same_as<std::remove_const_t<TaskOptions>, Swimmer>
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
  visit("reset_noise_scale", task.reset_noise_scale);
  visit("exclude_current_positions_from_observation", task.exclude_current_positions_from_observation);
}

/// MJCF of the embedded model.
inline constexpr const char* swimmer_mjcf = R"(<mujoco model="swimmer">
  <compiler angle="degree" inertiafromgeom="true"/>
  <option integrator="RK4" timestep="0.01" density="4000" viscosity="0.1"/>
  <default>
    <joint type="hinge" axis="0 0 1" armature="0.1"/>
    <geom type="capsule" contype="0" conaffinity="0" condim="1" size=".1" density="1000" rgba=".75 .55 .35 1"/>
    <motor ctrllimited="true" ctrlrange="-1 1" gear="150"/>
  </default>
  <worldbody>
    <light directional="true" pos="0 0 4" dir="0 0 -1" diffuse=".9 .9 .9"/>
    <geom name="floor" type="plane" size="40 40 .1" pos="0 0 -.1" condim="3" rgba=".35 .45 .5 1"/>
    <body name="torso">
      <camera name="track" mode="trackcom" pos="0 -3 3" xyaxes="1 0 0 0 1 1"/>
      <joint name="slider1" type="slide" axis="1 0 0"/>
      <joint name="slider2" type="slide" axis="0 1 0"/>
      <joint name="free_body_rot"/>
      <geom fromto="1.5 0 0 .5 0 0"/>
      <body name="mid" pos=".5 0 0">
        <joint name="motor1_rot" limited="true" range="-100 100"/>
        <geom fromto="0 0 0 -1 0 0"/>
        <body name="back" pos="-1 0 0">
          <joint name="motor2_rot" limited="true" range="-100 100"/>
          <geom fromto="0 0 0 -1 0 0"/>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor joint="motor1_rot"/>
    <motor joint="motor2_rot"/>
  </actuator>
</mujoco>)";

inline constexpr const char* const Swimmer::mjcf = swimmer_mjcf;

/// The swimmer as an environment.
using SwimmerEnvironment = Environment<Swimmer>;

}  // namespace vantage::mujoco

#endif
