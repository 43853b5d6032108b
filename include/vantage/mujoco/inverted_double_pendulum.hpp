// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_INVERTED_DOUBLE_PENDULUM_HPP
#define VANTAGE_MUJOCO_INVERTED_DOUBLE_PENDULUM_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// Two poles, one on the other, on a cart; with the semantics of Gymnasium's InvertedDoublePendulum-v5.
/// reward = standing r_h - (0.01 x^2 + (z - 2)^2) - (0.001 w_1^2 + 0.005 w_2^2), (x, z) of the upper pole's tip and w
/// the angular velocities; it terminates when z <= 1.
struct InvertedDoublePendulum {
  std::string xml_file = "inverted_double_pendulum.xml";  ///< the embedded model, or the path of another
  int frame_skip = 5;                                     ///< physics steps an environment step
  double healthy_reward = 10.0;                           ///< r_h
  double reset_noise_scale = 0.1;  ///< half width for positions, standard deviation for velocities
  int version = 5;                 ///< of the semantics; for 4 take v4()
  const char* name = "InvertedDoublePendulum-v5";
  Index max_episode_steps = 1000;     ///< time limit; 0: none
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
  std::string physics = "exact";      ///< or mujoco, fast: see PhysicsOptions::named

  static constexpr ModelNeeds needs{.positions = 3,
                                    .velocities = 3,
                                    .bodies = 1,
                                    .sites = 1,
                                    .meaning = "the cart's place, two angles; the first site is the tip"};
  static constexpr bool needs_contact_forces = false;
  static constexpr bool exact_without_islands = true;
  static constexpr Index memory_size = 0;
  static constexpr std::array reward_terms{"reward_survive", "distance_penalty", "velocity_penalty"};
  static const char* const mjcf;

  /// InvertedDoublePendulum-v4: constraint forces on both hinges are observed too; the last step is paid as well.
  [[nodiscard]] static InvertedDoublePendulum v4() { return {.version = 4, .name = "InvertedDoublePendulum-v4"}; }

  void validate() const {
    require(reset_noise_scale >= 0, "InvertedDoublePendulum", "reset_noise_scale >= 0", reset_noise_scale);
    require(version == 4 || version == 5, "InvertedDoublePendulum", "version 4 or 5", version);
  }

  [[nodiscard]] Model load_model() const { return load_task_model(*this, "inverted_double_pendulum.xml", mjcf); }

  [[nodiscard]] Index count_observations(const mjModel& model) const {
    return 2 * static_cast<Index>(model.nq) - 1 + static_cast<Index>(model.nv) + observed_forces(model);
  }

  void reset_state(const mjModel& model, mjData& data, Rng& rng) const {
    add_uniform(data.qpos, model.nq, reset_noise_scale, rng);
    add_normal(data.qvel, model.nv, reset_noise_scale, rng);
  }

  void observe(const mjModel& model, const mjData& data, VectorRef<double> out) const {
    const auto clip = [](double x) { return std::clamp(x, -10.0, 10.0); };
    double* next = out.data();
    *next++ = data.qpos[0];
    next = std::transform(data.qpos + 1, data.qpos + model.nq, next, [](double angle) { return std::sin(angle); });
    next = std::transform(data.qpos + 1, data.qpos + model.nq, next, [](double angle) { return std::cos(angle); });
    next = std::transform(data.qvel, data.qvel + model.nv, next, clip);
    std::transform(data.qfrc_constraint, data.qfrc_constraint + observed_forces(model), next, clip);
  }

  void remember(const mjModel&, const mjData&, std::span<double>) const {}

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    const double x = step.data.site_xpos[0], z = step.data.site_xpos[2];
    const double first = step.data.qvel[1], second = step.data.qvel[2];
    const bool fallen = z <= 1;
    terms[0] = fallen && version >= 5 ? 0.0 : healthy_reward;
    terms[1] = -(0.01 * x * x + (z - 2) * (z - 2));
    terms[2] = -(1e-3 * first * first + 5e-3 * second * second);
    return {terms[0] + terms[1] + terms[2], fallen};
  }

 private:
  [[nodiscard]] Index observed_forces(const mjModel& model) const {
    return version == 4 ? static_cast<Index>(model.nv) : 1;
  }
};

/// Calls visit(name, field) for each option of the task; version 4 has the time limit only.
template <class TaskOptions, class Visit>
requires std::same_as<std::remove_const_t<TaskOptions>, InvertedDoublePendulum>
void visit_options(TaskOptions& task, Visit&& visit) {
  visit("max_episode_steps", task.max_episode_steps);
  visit("physics", task.physics);
  if (task.version == 4) return;
  visit("xml_file", task.xml_file);
  visit("initial_keyframe", task.initial_keyframe);
  visit("frame_skip", task.frame_skip);
  visit("healthy_reward", task.healthy_reward);
  visit("reset_noise_scale", task.reset_noise_scale);
}

/// MJCF of the embedded model.
inline constexpr const char* inverted_double_pendulum_mjcf = R"(<mujoco model="inverted double pendulum">
  <compiler angle="degree" inertiafromgeom="true"/>
  <option integrator="RK4" timestep="0.01" gravity="1e-5 0 -9.81"/>
  <default>
    <joint type="hinge" axis="0 1 0" damping=".05"/>
    <geom type="capsule" contype="0" friction="1 .1 .1"/>
    <default class="pole">
      <geom size=".045" fromto="0 0 0 0 0 .6" rgba=".1 .6 .6 1"/>
    </default>
  </default>
  <worldbody>
    <light directional="true" pos="0 0 4" dir="0 0 -1" diffuse=".9 .9 .9"/>
    <geom name="floor" type="plane" size="40 40 40" pos="0 0 -3" rgba=".35 .45 .4 1"/>
    <geom name="rail" size=".02 1" quat=".707 0 .707 0" rgba=".4 .4 .5 1"/>
    <body name="cart">
      <joint name="slider" type="slide" axis="1 0 0" limited="true" range="-1 1" margin=".01"/>
      <geom name="cart" size=".1 .1" quat=".707 0 .707 0"/>
      <body name="pole">
        <joint name="hinge"/>
        <geom name="cpole" class="pole"/>
        <body name="pole2" pos="0 0 .6">
          <joint name="hinge2"/>
          <geom name="cpole2" class="pole"/>
          <site name="tip" pos="0 0 .6" size=".01"/>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor name="slide" joint="slider" ctrllimited="true" ctrlrange="-1 1" gear="500"/>
  </actuator>
</mujoco>)";

inline constexpr const char* const InvertedDoublePendulum::mjcf = inverted_double_pendulum_mjcf;

/// Two poles on a cart as an environment.
using InvertedDoublePendulumEnvironment = Environment<InvertedDoublePendulum>;

}  // namespace vantage::mujoco

#endif
