// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_PUSHER_HPP
#define VANTAGE_MUJOCO_PUSHER_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/names.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// An arm of seven joints that is to push a puck to a goal on a table; with the semantics of Gymnasium's Pusher-v5.
/// reward = -w_d |puck - goal| - w_c |a|^2 - w_n |puck - tip|; it never terminates.
struct Pusher {
  std::string xml_file = "pusher_v5.xml";  ///< embedded, as version 4's pusher.xml; or a path
  int frame_skip = 5;                      ///< physics steps an environment step
  double reward_near_weight = 0.5;         ///< w_n
  double reward_dist_weight = 1.0;         ///< w_d
  double reward_control_weight = 0.1;      ///< w_c
  int version = 5;                         ///< of the semantics; for 4 take v4()
  const char* name = "Pusher-v5";
  int tip = -1;                       ///< number of the body, found by bind
  int puck = -1;                      ///< number of the body, found by bind
  int goal = -1;                      ///< number of the body, found by bind
  Index max_episode_steps = 100;      ///< time limit; 0: none
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
  std::string physics = "exact";      ///< or mujoco, fast: see PhysicsOptions::named

  static constexpr ModelNeeds needs{.positions = 11,
                                    .velocities = 11,
                                    .bodies = 3,
                                    .meaning = "seven angles first, the places of puck and goal last",
                                    .body_names = {"tips_arm", "object", "goal"}};
  static constexpr bool needs_contact_forces = false;
  static constexpr bool exact_without_islands = false;
  static constexpr Index memory_size = 2;  // distances: puck to tip, puck to goal
  static constexpr std::array reward_terms{"reward_dist", "reward_ctrl", "reward_near"};
  static const char* const mjcf;

  /// Pusher-v4: rewards the distances before the step; the puck is lighter and has a ball inside.
  [[nodiscard]] static Pusher v4() { return {.xml_file = "pusher.xml", .version = 4, .name = "Pusher-v4"}; }

  void validate() const { require(version == 4 || version == 5, "Pusher", "version 4 or 5", version); }

  [[nodiscard]] Model load_model() const {
    if (xml_file == "pusher.xml") return load_task_model(*this, "pusher.xml", light_puck());
    return load_task_model(*this, "pusher_v5.xml", mjcf);
  }

  /// Pre: the model has what is needed.
  void bind(const mjModel& model) {
    tip = body_id(model, "tips_arm");
    puck = body_id(model, "object");
    goal = body_id(model, "goal");
  }

  [[nodiscard]] Index count_observations(const mjModel&) const { return 7 + 7 + 3 * 3; }

  void reset_state(const mjModel& model, mjData& data, Rng& rng) const {
    // the puck in a rectangle, but not at the goal; MuJoCo's first of the two is y
    double* place = data.qpos + model.nq - 4;
    do {
      place[0] = rng.uniform(-0.3, 0.0);
      place[1] = rng.uniform(-0.2, 0.2);
    } while (!(std::hypot(place[0], place[1]) > 0.17));
    std::fill_n(data.qpos + model.nq - 2, 2, 0.0);
    add_uniform(data.qvel, model.nv, 0.005, rng);
    std::fill_n(data.qvel + model.nv - 4, 4, 0.0);
  }

  void observe(const mjModel&, const mjData& data, VectorRef<double> out) const {
    std::copy_n(data.qpos, 7, out.data());
    std::copy_n(data.qvel, 7, out.data() + 7);
    out.segment<3>(14) = body_frame(data, tip);
    out.segment<3>(17) = body_frame(data, puck);
    out.segment<3>(20) = body_frame(data, goal);
  }

  void remember(const mjModel&, const mjData& data, std::span<double> memory) const {
    memory[0] = (body_frame(data, puck) - body_frame(data, tip)).norm();
    memory[1] = (body_frame(data, puck) - body_frame(data, goal)).norm();
  }

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    std::array<double, 2> after{};
    if (version >= 5) remember(step.model, step.data, after);
    const std::span<const double> distances = version >= 5 ? std::span<const double>(after) : step.before;
    terms[0] = -reward_dist_weight * distances[1];
    terms[1] = -control_cost(step.action, reward_control_weight);
    terms[2] = -reward_near_weight * distances[0];
    return {terms[0] + terms[1] + terms[2], false};
  }

 private:
  /// The model with version 4's puck.
  static std::string light_puck() {
    return replaced(mjcf, R"(<geom class="puck"/>)",
                    R"(<geom type="sphere" size=".05" density="1e-5" rgba="1 1 1 0"/>
      <geom class="puck" density="1e-5"/>)");
  }
};

/// Calls visit(name, field) for each option of the task; version 4 has the time limit only.
template <class TaskOptions, class Visit>
requires std::same_as<std::remove_const_t<TaskOptions>, Pusher>
void visit_options(TaskOptions& task, Visit&& visit) {
  visit("max_episode_steps", task.max_episode_steps);
  visit("physics", task.physics);
  if (task.version == 4) return;
  visit("xml_file", task.xml_file);
  visit("initial_keyframe", task.initial_keyframe);
  visit("frame_skip", task.frame_skip);
  visit("reward_near_weight", task.reward_near_weight);
  visit("reward_dist_weight", task.reward_dist_weight);
  visit("reward_control_weight", task.reward_control_weight);
}

/// MJCF of the embedded model.
inline constexpr const char* pusher_mjcf = R"(<mujoco model="pusher">
  <compiler angle="radian" inertiafromgeom="true"/>
  <option timestep="0.01" gravity="0 0 0" iterations="20"/>
  <default>
    <joint type="hinge" armature=".04" damping="1" limited="true"/>
    <geom type="capsule" contype="0" conaffinity="0" condim="1" friction=".8 .1 .1" density="300" margin=".002"
          rgba=".6 .6 .7 1"/>
    <motor ctrllimited="true" ctrlrange="-2 2"/>
    <default class="eye">
      <geom type="sphere" size=".05"/>
    </default>
    <default class="pupil">
      <geom type="sphere" size=".03" rgba=".1 .1 .1 1"/>
    </default>
    <default class="wrist">
      <joint damping=".1"/>
      <geom size=".02"/>
    </default>
    <default class="finger">
      <geom size=".02" contype="1" conaffinity="1"/>
    </default>
    <default class="tip">
      <geom type="sphere" size=".01"/>
    </default>
    <default class="puck">
      <joint type="slide" damping=".5" range="-10.3213 10.3"/>
      <geom type="cylinder" size=".05 .05" density=".01" contype="1" rgba=".95 .95 .95 1"/>
    </default>
    <default class="goal">
      <joint type="slide" damping=".5" range="-10.3213 10.3"/>
      <geom type="cylinder" size=".08 .001" density="1e-5" rgba=".9 .2 .2 1"/>
    </default>
  </default>
  <worldbody>
    <light directional="true" pos="0 0 4" dir="0 0 -1" diffuse=".9 .9 .9"/>
    <geom name="table" type="plane" size="1 1 .1" pos="0 .5 -.325" contype="1" conaffinity="1" rgba=".45 .4 .35 1"/>
    <body name="r_shoulder_pan_link" pos="0 -.6 0">
      <joint name="r_shoulder_pan_joint" axis="0 0 1" range="-2.2854 1.714602"/>
      <geom name="e1" class="eye" pos="-.06 .05 .2"/>
      <geom name="e2" class="eye" pos=".06 .05 .2"/>
      <geom name="e1p" class="pupil" pos="-.06 .09 .2"/>
      <geom name="e2p" class="pupil" pos=".06 .09 .2"/>
      <geom name="sp" size=".1" fromto="0 0 -.4 0 0 .2"/>
      <body name="r_shoulder_lift_link" pos=".1 0 0">
        <joint name="r_shoulder_lift_joint" axis="0 1 0" range="-.5236 1.3963"/>
        <geom name="sl" size=".1" fromto="0 -.1 0 0 .1 0"/>
        <body name="r_upper_arm_roll_link">
          <joint name="r_upper_arm_roll_joint" class="wrist" axis="1 0 0" range="-1.5 1.7"/>
          <geom name="uar" class="wrist" fromto="-.1 0 0 .1 0 0"/>
          <body name="r_upper_arm_link">
            <geom name="ua" size=".06" fromto="0 0 0 .4 0 0"/>
            <body name="r_elbow_flex_link" pos=".4 0 0">
              <joint name="r_elbow_flex_joint" class="wrist" axis="0 1 0" range="-2.3213 0"/>
              <geom name="ef" size=".06" fromto="0 -.02 0 0 .02 0"/>
              <body name="r_forearm_roll_link">
                <joint name="r_forearm_roll_joint" class="wrist" axis="1 0 0" range="-1.5 1.5"/>
                <geom name="fr" class="wrist" fromto="-.1 0 0 .1 0 0"/>
                <body name="r_forearm_link">
                  <geom name="fa" size=".05" fromto="0 0 0 .291 0 0"/>
                  <body name="r_wrist_flex_link" pos=".321 0 0">
                    <joint name="r_wrist_flex_joint" class="wrist" axis="0 1 0" range="-1.094 0"/>
                    <geom name="wf" size=".01" fromto="0 -.02 0 0 .02 0"/>
                    <body name="r_wrist_roll_link">
                      <joint name="r_wrist_roll_joint" class="wrist" axis="1 0 0" range="-1.5 1.5"/>
                      <geom class="finger" fromto="0 -.1 0 0 .1 0"/>
                      <geom class="finger" fromto="0 -.1 0 .1 -.1 0"/>
                      <geom class="finger" fromto="0 .1 0 .1 .1 0"/>
                      <body name="tips_arm">
                        <geom name="tip_arml" class="tip" pos=".1 -.1 0"/>
                        <geom name="tip_armr" class="tip" pos=".1 .1 0"/>
                      </body>
                    </body>
                  </body>
                </body>
              </body>
            </body>
          </body>
        </body>
      </body>
    </body>
    <body name="object" pos=".45 -.05 -.275">
      <joint name="obj_slidey" class="puck" axis="0 1 0"/>
      <joint name="obj_slidex" class="puck" axis="1 0 0"/>
      <geom class="puck"/>
    </body>
    <body name="goal" pos=".45 -.05 -.323">
      <joint name="goal_slidey" class="goal" axis="0 1 0"/>
      <joint name="goal_slidex" class="goal" axis="1 0 0"/>
      <geom class="goal"/>
    </body>
  </worldbody>
  <actuator>
    <motor joint="r_shoulder_pan_joint"/>
    <motor joint="r_shoulder_lift_joint"/>
    <motor joint="r_upper_arm_roll_joint"/>
    <motor joint="r_elbow_flex_joint"/>
    <motor joint="r_forearm_roll_joint"/>
    <motor joint="r_wrist_flex_joint"/>
    <motor joint="r_wrist_roll_joint"/>
  </actuator>
</mujoco>)";

inline constexpr const char* const Pusher::mjcf = pusher_mjcf;

/// The pusher as an environment.
using PusherEnvironment = Environment<Pusher>;

}  // namespace vantage::mujoco

#endif
