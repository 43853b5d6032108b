// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_REACHER_HPP
#define VANTAGE_MUJOCO_REACHER_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/names.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// A planar arm of two links whose fingertip is to reach a target; with the semantics of Gymnasium's Reacher-v5.
/// reward = -w_d |fingertip - target| - w_c |a|^2; it never terminates.
struct Reacher {
  std::string xml_file = "reacher.xml";  ///< the embedded model, or the path of another
  int frame_skip = 2;                    ///< physics steps an environment step
  double reward_dist_weight = 1.0;       ///< w_d
  double reward_control_weight = 1.0;    ///< w_c
  int version = 5;                       ///< of the semantics; for 4 take v4()
  const char* name = "Reacher-v5";
  int fingertip = -1;                 ///< number of the body, found by bind
  int target = -1;                    ///< number of the body, found by bind
  Index max_episode_steps = 50;       ///< time limit; 0: none
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
  std::string physics = "exact";      ///< or mujoco, fast: see PhysicsOptions::named

  static constexpr ModelNeeds needs{.positions = 4,
                                    .velocities = 4,
                                    .bodies = 2,
                                    .meaning = "two angles first, the target's place last",
                                    .body_names = {"fingertip", "target"}};
  static constexpr bool needs_contact_forces = false;
  static constexpr bool exact_without_islands = true;
  static constexpr Index memory_size = 1;  // distance to the target
  static constexpr std::array reward_terms{"reward_dist", "reward_ctrl"};
  static const char* const mjcf;

  /// Reacher-v4: rewards the distance before the step; the difference to the target is observed with its z, always 0.
  [[nodiscard]] static Reacher v4() { return {.version = 4, .name = "Reacher-v4"}; }

  void validate() const { require(version == 4 || version == 5, "Reacher", "version 4 or 5", version); }

  [[nodiscard]] Model load_model() const { return load_task_model(*this, "reacher.xml", mjcf); }

  /// Pre: the model has what is needed.
  void bind(const mjModel& model) {
    fingertip = body_id(model, "fingertip");
    target = body_id(model, "target");
  }

  [[nodiscard]] Index count_observations(const mjModel& model) const {
    return 4 + static_cast<Index>(model.nq - 2) + 2 + observed_axes();
  }

  void reset_state(const mjModel& model, mjData& data, Rng& rng) const {
    // the arm anywhere near its rest, the target uniform on a disc
    add_uniform(data.qpos, model.nq, 0.1, rng);
    double* place = data.qpos + model.nq - 2;
    do {
      place[0] = rng.uniform(-0.2, 0.2);
      place[1] = rng.uniform(-0.2, 0.2);
    } while (!(std::hypot(place[0], place[1]) < 0.2));
    add_uniform(data.qvel, model.nv, 0.005, rng);
    std::fill_n(data.qvel + model.nv - 2, 2, 0.0);
  }

  void observe(const mjModel& model, const mjData& data, VectorRef<double> out) const {
    double* next = out.data();
    next = std::transform(data.qpos, data.qpos + 2, next, [](double angle) { return std::cos(angle); });
    next = std::transform(data.qpos, data.qpos + 2, next, [](double angle) { return std::sin(angle); });
    next = std::copy(data.qpos + 2, data.qpos + model.nq, next);
    next = std::copy(data.qvel, data.qvel + 2, next);
    const Eigen::Vector3d gap = to_target(data);
    std::copy_n(gap.data(), observed_axes(), next);
  }

  void remember(const mjModel&, const mjData& data, std::span<double> memory) const {
    memory[0] = to_target(data).norm();
  }

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    const double distance = version == 4 ? step.before[0] : to_target(step.data).norm();
    terms[0] = -reward_dist_weight * distance;
    terms[1] = -control_cost(step.action, reward_control_weight);
    return {terms[0] + terms[1], false};
  }

 private:
  [[nodiscard]] Index observed_axes() const { return version == 4 ? 3 : 2; }

  [[nodiscard]] Eigen::Vector3d to_target(const mjData& data) const {
    return body_frame(data, fingertip) - body_frame(data, target);
  }
};

/// Calls visit(name, field) for each option of the task; version 4 has the time limit only.
template <class TaskOptions, class Visit>
requires std::same_as<std::remove_const_t<TaskOptions>, Reacher>
void visit_options(TaskOptions& task, Visit&& visit) {
  visit("max_episode_steps", task.max_episode_steps);
  visit("physics", task.physics);
  if (task.version == 4) return;
  visit("xml_file", task.xml_file);
  visit("initial_keyframe", task.initial_keyframe);
  visit("frame_skip", task.frame_skip);
  visit("reward_dist_weight", task.reward_dist_weight);
  visit("reward_control_weight", task.reward_control_weight);
}

/// MJCF of the embedded model.
inline constexpr const char* reacher_mjcf = R"(<mujoco model="reacher">
  <compiler angle="radian" inertiafromgeom="true"/>
  <option integrator="RK4" timestep="0.01"/>
  <default>
    <joint type="hinge" axis="0 0 1" armature="1" damping="1" limited="true"/>
    <geom type="capsule" contype="0" friction="1 .1 .1"/>
    <motor ctrllimited="true" ctrlrange="-1 1" gear="200"/>
    <default class="fence">
      <geom size=".02" conaffinity="0" rgba=".6 .3 .3 1"/>
    </default>
    <default class="link">
      <geom size=".01" fromto="0 0 0 .1 0 0" rgba=".1 .5 .7 1"/>
    </default>
    <default class="target">
      <joint type="slide" armature="0" damping="0" stiffness="0" range="-.27 .27"/>
      <geom type="sphere" size=".009" conaffinity="0" rgba=".9 .2 .2 1"/>
    </default>
  </default>
  <worldbody>
    <light directional="true" pos="0 0 4" dir="0 0 -1" diffuse=".9 .9 .9"/>
    <geom name="ground" type="plane" size="1 1 10" conaffinity="0" rgba=".85 .85 .8 1"/>
    <geom name="sideS" class="fence" fromto="-.3 -.3 .01 .3 -.3 .01"/>
    <geom name="sideE" class="fence" fromto=".3 -.3 .01 .3 .3 .01"/>
    <geom name="sideN" class="fence" fromto="-.3 .3 .01 .3 .3 .01"/>
    <geom name="sideW" class="fence" fromto="-.3 -.3 .01 -.3 .3 .01"/>
    <geom name="root" type="cylinder" size=".011" fromto="0 0 0 0 0 .02" conaffinity="0" rgba=".4 .4 .5 1"/>
    <body name="body0" pos="0 0 .01">
      <joint name="joint0" limited="false"/>
      <geom name="link0" class="link"/>
      <body name="body1" pos=".1 0 0">
        <joint name="joint1" range="-3 3"/>
        <geom name="link1" class="link"/>
        <body name="fingertip" pos=".11 0 0">
          <geom name="fingertip" type="sphere" size=".01" rgba=".1 .7 .5 1"/>
        </body>
      </body>
    </body>
    <body name="target" pos=".1 -.1 .01">
      <joint name="target_x" class="target" axis="1 0 0" ref=".1"/>
      <joint name="target_y" class="target" axis="0 1 0" ref="-.1"/>
      <geom name="target" class="target"/>
    </body>
  </worldbody>
  <actuator>
    <motor joint="joint0"/>
    <motor joint="joint1"/>
  </actuator>
</mujoco>)";

inline constexpr const char* const Reacher::mjcf = reacher_mjcf;

/// The reacher as an environment.
using ReacherEnvironment = Environment<Reacher>;

}  // namespace vantage::mujoco

#endif
