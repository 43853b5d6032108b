// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_INVERTED_PENDULUM_HPP
#define VANTAGE_MUJOCO_INVERTED_PENDULUM_HPP

#include <array>
#include <cmath>
#include <string>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// A pole on a cart; with the semantics of Gymnasium's InvertedPendulum-v5.
/// reward = 1 while the pole stands, |angle| <= 0.2, and 0 on the step that ends the episode.
struct InvertedPendulum {
  std::string xml_file = "inverted_pendulum.xml";  ///< the embedded model, or the path of another
  int frame_skip = 2;                              ///< physics steps an environment step
  double reset_noise_scale = 0.01;                 ///< half width of the noise on positions and velocities
  int version = 5;                                 ///< of the semantics; for 4 take v4()
  const char* name = "InvertedPendulum-v5";
  Index max_episode_steps = 1000;     ///< time limit; 0: none
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
  std::string physics = "exact";      ///< or mujoco, fast: see PhysicsOptions::named

  static constexpr ModelNeeds needs{
      .positions = 2, .velocities = 2, .bodies = 1, .meaning = "the second position is the pole's angle"};
  static constexpr bool needs_contact_forces = false;
  static constexpr bool exact_without_islands = true;
  static constexpr Index memory_size = 0;
  static constexpr std::array reward_terms{"reward_survive"};
  static const char* const mjcf;

  /// InvertedPendulum-v4: the last step is paid as well.
  [[nodiscard]] static InvertedPendulum v4() { return {.version = 4, .name = "InvertedPendulum-v4"}; }

  void validate() const {
    require(reset_noise_scale >= 0, "InvertedPendulum", "reset_noise_scale >= 0", reset_noise_scale);
    require(version == 4 || version == 5, "InvertedPendulum", "version 4 or 5", version);
  }

  [[nodiscard]] Model load_model() const { return load_task_model(*this, "inverted_pendulum.xml", mjcf); }

  [[nodiscard]] Index count_observations(const mjModel& model) const { return static_cast<Index>(model.nq + model.nv); }

  void reset_state(const mjModel& model, mjData& data, Rng& rng) const {
    add_uniform(data.qpos, model.nq, reset_noise_scale, rng);
    add_uniform(data.qvel, model.nv, reset_noise_scale, rng);
  }

  void observe(const mjModel& model, const mjData& data, VectorRef<double> out) const {
    observe_state(model, data, 0, infinity, out);
  }

  void remember(const mjModel&, const mjData&, std::span<double>) const {}

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    const bool fallen = std::abs(step.data.qpos[1]) > 0.2;
    terms[0] = fallen && version >= 5 ? 0.0 : 1.0;
    return {terms[0], fallen};
  }
};

/// Calls visit(name, field) for each option of the task; version 4 has the time limit only.
template <class TaskOptions, class Visit>
requires std::same_as<std::remove_const_t<TaskOptions>, InvertedPendulum>
void visit_options(TaskOptions& task, Visit&& visit) {
  visit("max_episode_steps", task.max_episode_steps);
  visit("physics", task.physics);
  if (task.version >= 5) {
    visit("xml_file", task.xml_file);
    visit("initial_keyframe", task.initial_keyframe);
    visit("frame_skip", task.frame_skip);
    visit("reset_noise_scale", task.reset_noise_scale);
  }
}

/// MJCF of the embedded model.
inline constexpr const char* inverted_pendulum_mjcf = R"(<mujoco model="inverted pendulum">
  <compiler angle="degree" inertiafromgeom="true"/>
  <option integrator="RK4" timestep="0.02"/>
  <default>
    <joint limited="true" damping="1"/>
    <geom type="capsule" contype="0" friction="1 .1 .1"/>
  </default>
  <worldbody>
    <light directional="true" pos="0 0 4" dir="0 0 -1" diffuse=".9 .9 .9"/>
    <geom name="rail" size=".02 1" quat=".707 0 .707 0" rgba=".4 .4 .5 1"/>
    <body name="cart">
      <joint name="slider" type="slide" axis="1 0 0" range="-1 1"/>
      <geom name="cart" size=".1 .1" quat=".707 0 .707 0"/>
      <body name="pole">
        <joint name="hinge" type="hinge" axis="0 1 0" range="-90 90"/>
        <geom name="cpole" size=".049 .3" fromto="0 0 0 .001 0 .6" rgba=".1 .6 .6 1"/>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor name="slide" joint="slider" ctrllimited="true" ctrlrange="-3 3" gear="100"/>
  </actuator>
</mujoco>)";

inline constexpr const char* const InvertedPendulum::mjcf = inverted_pendulum_mjcf;

/// A pole on a cart as an environment.
using InvertedPendulumEnvironment = Environment<InvertedPendulum>;

}  // namespace vantage::mujoco

#endif
