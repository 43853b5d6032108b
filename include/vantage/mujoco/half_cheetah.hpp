// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_HALF_CHEETAH_HPP
#define VANTAGE_MUJOCO_HALF_CHEETAH_HPP

#include <array>
#include <string>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// A planar two-legged runner; with the semantics of Gymnasium's HalfCheetah-v5.
/// reward = w_f (x' - x) / dt - w_c |a|^2; it never terminates.
struct HalfCheetah {
  std::string xml_file = "half_cheetah.xml";  ///< the embedded model, or the path of another
  int frame_skip = 5;                         ///< physics steps an environment step
  double forward_reward_weight = 1.0;         ///< w_f
  double ctrl_cost_weight = 0.1;              ///< w_c
  double reset_noise_scale = 0.1;             ///< half width for positions, standard deviation for velocities
  bool exclude_current_positions_from_observation = true;  ///< leave x out of the observation
  int version = 5;                                         ///< of the semantics; for 4 take v4()
  const char* name = "HalfCheetah-v5";
  /// What the parts of the reward are called.
  std::array<const char*, 2> reward_terms{"reward_forward", "reward_ctrl"};
  Index max_episode_steps = 1000;     ///< time limit; 0: none
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
  std::string physics = "exact";      ///< or mujoco, fast: see PhysicsOptions::named

  static constexpr ModelNeeds needs{.positions = 1, .velocities = 1, .bodies = 1, .meaning = "the first position is x"};
  static constexpr bool needs_contact_forces = false;
  static constexpr bool exact_without_islands = true;
  static constexpr Index memory_size = 1;  // x
  static const char* const mjcf;

  /// HalfCheetah-v4: the forward reward has another name.
  [[nodiscard]] static HalfCheetah v4() {
    return {.version = 4, .name = "HalfCheetah-v4", .reward_terms = {"reward_run", "reward_ctrl"}};
  }

  void validate() const {
    require(reset_noise_scale >= 0, "HalfCheetah", "reset_noise_scale >= 0", reset_noise_scale);
    require(version == 4 || version == 5, "HalfCheetah", "version 4 or 5", version);
  }

  [[nodiscard]] Model load_model() const { return load_task_model(*this, "half_cheetah.xml", mjcf); }

  [[nodiscard]] Index count_observations(const mjModel& model) const {
    return static_cast<Index>(model.nq + model.nv) - skipped();
  }

  void reset_state(const mjModel& model, mjData& data, Rng& rng) const {
    add_uniform(data.qpos, model.nq, reset_noise_scale, rng);
    add_normal(data.qvel, model.nv, reset_noise_scale, rng);
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
  [[nodiscard]] Index skipped() const { return exclude_current_positions_from_observation ? 1 : 0; }
};

/// Calls visit(name, field) for each option of the task; version 4 has fewer.
template <class TaskOptions, class Visit>
requires std::same_as<std::remove_const_t<TaskOptions>, HalfCheetah>
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
inline constexpr const char* half_cheetah_mjcf = R"(<mujoco model="half cheetah">
  <compiler angle="radian" inertiafromgeom="true" settotalmass="14"/>
  <option timestep="0.01"/>
  <default>
    <joint type="hinge" axis="0 1 0" limited="true" armature=".1" solreflimit=".02 1" solimplimit="0 .8 .03"/>
    <geom type="capsule" contype="1" conaffinity="0" condim="3" friction=".4 .1 .1" solref=".02 1" solimp="0 .8 .01"
          rgba=".75 .55 .35 1"/>
    <motor ctrllimited="true" ctrlrange="-1 1"/>
    <default class="root">
      <joint limited="false" armature="0" damping="0" stiffness="0"/>
    </default>
  </default>
  <worldbody>
    <light directional="true" pos="0 0 4" dir="0 0 -1" diffuse=".9 .9 .9"/>
    <geom name="floor" type="plane" size="40 40 40" conaffinity="1" rgba=".35 .45 .4 1"/>
    <body name="torso" pos="0 0 .7">
      <camera name="track" mode="trackcom" pos="0 -3 .3" xyaxes="1 0 0 0 0 1"/>
      <joint class="root" name="rootx" type="slide" axis="1 0 0"/>
      <joint class="root" name="rootz" type="slide" axis="0 0 1"/>
      <joint class="root" name="rooty"/>
      <geom name="torso" size=".046" fromto="-.5 0 0 .5 0 0"/>
      <geom name="head" size=".046 .15" pos=".6 0 .1" axisangle="0 1 0 .87"/>
      <body name="bthigh" pos="-.5 0 0">
        <joint name="bthigh" range="-.52 1.05" damping="6" stiffness="240"/>
        <geom name="bthigh" size=".046 .145" pos=".1 0 -.13" axisangle="0 1 0 -3.8"/>
        <body name="bshin" pos=".16 0 -.25">
          <joint name="bshin" range="-.785 .785" damping="4.5" stiffness="180"/>
          <geom name="bshin" size=".046 .15" pos="-.14 0 -.07" axisangle="0 1 0 -2.03"/>
          <body name="bfoot" pos="-.28 0 -.14">
            <joint name="bfoot" range="-.4 .785" damping="3" stiffness="120"/>
            <geom name="bfoot" size=".046 .094" pos=".03 0 -.097" axisangle="0 1 0 -.27"/>
          </body>
        </body>
      </body>
      <body name="fthigh" pos=".5 0 0">
        <joint name="fthigh" range="-1 .7" damping="4.5" stiffness="180"/>
        <geom name="fthigh" size=".046 .133" pos="-.07 0 -.12" axisangle="0 1 0 .52"/>
        <body name="fshin" pos="-.14 0 -.24">
          <joint name="fshin" range="-1.2 .87" damping="3" stiffness="120"/>
          <geom name="fshin" size=".046 .106" pos=".065 0 -.09" axisangle="0 1 0 -.6"/>
          <body name="ffoot" pos=".13 0 -.18">
            <joint name="ffoot" range="-.5 .5" damping="1.5" stiffness="60"/>
            <geom name="ffoot" size=".046 .07" pos=".045 0 -.07" axisangle="0 1 0 -.6"/>
          </body>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor name="bthigh" joint="bthigh" gear="120"/>
    <motor name="bshin" joint="bshin" gear="90"/>
    <motor name="bfoot" joint="bfoot" gear="60"/>
    <motor name="fthigh" joint="fthigh" gear="120"/>
    <motor name="fshin" joint="fshin" gear="60"/>
    <motor name="ffoot" joint="ffoot" gear="30"/>
  </actuator>
</mujoco>)";

inline constexpr const char* const HalfCheetah::mjcf = half_cheetah_mjcf;

/// The cheetah as an environment.
using HalfCheetahEnvironment = Environment<HalfCheetah>;

}  // namespace vantage::mujoco

#endif
