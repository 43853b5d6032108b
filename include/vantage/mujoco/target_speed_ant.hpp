// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_TARGET_SPEED_ANT_HPP
#define VANTAGE_MUJOCO_TARGET_SPEED_ANT_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// The ant, which is to walk at a given velocity in its own frame, in cheap physics and at 100 Hz.
/// reward = exp(-|v_xy - v*|^2 / c) in (0, 1], v the torso's velocity in its own frame; it terminates when the torso's
/// height leaves the range. Nothing is random by default: one episode is a policy's exact return, at most 1000.
/// Source: the custom Ant of RL-X, MJX version of November 2024. Its limits of the reward (to +-10) never act, and what
/// it does with bad numbers is not needed: here they are a fault.
struct TargetSpeedAnt {
  std::string xml_file = "target_speed_ant.xml";     ///< the embedded model, or the path of another
  int frame_skip = 1;                                ///< physics steps of 0.01 s an environment step
  std::array<double, 2> target_velocity = {2.0, 0};  ///< v*: forward and to the left. Units: m/s
  double tolerance = 0.25;                           ///< c. Units: m^2/s^2
  bool terminate_when_unhealthy = true;              ///< end the episode when it falls or jumps too high
  Range healthy_z_range = {0.2, 1.0};                ///< of the torso's height, bounds included
  bool all_contacts = false;                         ///< every part touches the floor, not the shins alone
  bool fast_physics = true;                          ///< Euler and one solver iteration, not Ant-v5's physics
  double reset_noise_scale = 0;                      ///< half width for positions, deviation for velocities
  const char* name = "TargetSpeedAnt-v0";
  Index max_episode_steps = 1000;     ///< time limit; 0: none
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
  std::string physics = "exact";      ///< or mujoco, fast: see PhysicsOptions::named

  static constexpr ModelNeeds needs{.positions = 7, .velocities = 6, .bodies = 1, .free_root = true};
  static constexpr bool needs_contact_forces = false;
  static constexpr bool exact_without_islands = true;
  static constexpr Index memory_size = 0;
  static constexpr double observation_limit = 100;  ///< to which observations are clipped, either way
  static constexpr std::array reward_terms{"reward_velocity"};

  void validate() const {
    require(tolerance > 0, "TargetSpeedAnt", "tolerance > 0", tolerance);
    require(reset_noise_scale >= 0, "TargetSpeedAnt", "reset_noise_scale >= 0", reset_noise_scale);
    require_range(healthy_z_range, "TargetSpeedAnt", "healthy_z_range low <= high");
  }

  [[nodiscard]] Model load_model() const { return load_task_model(*this, "target_speed_ant.xml", mjcf()); }

  /// The text of the ant with the physics and the contacts of the options.
  [[nodiscard]] std::string mjcf() const;

  [[nodiscard]] Index count_observations(const mjModel& model) const {
    return static_cast<Index>(1 + (model.nq - 7) + (model.nv - 6) + 9 + model.nu);
  }

  void reset_state(const mjModel& model, mjData& data, Rng& rng) const {
    add_uniform(data.qpos, model.nq, reset_noise_scale, rng);
    add_normal(data.qvel, model.nv, reset_noise_scale, rng);
  }

  /// Height, joints' angles and velocities, the torso's velocity, angular velocity and the direction of gravity in its
  /// own frame, the last action.
  void observe(const mjModel& model, const mjData& data, VectorRef<double> out) const {
    const std::array<double, 3> velocity = in_torso(data, {data.qvel[0], data.qvel[1], data.qvel[2]});
    const std::array<double, 3> gravity = in_torso(data, {0, 0, -1});
    double* next = out.data();
    *next++ = data.qpos[2];
    next = std::copy(data.qpos + 7, data.qpos + model.nq, next);
    next = std::copy(data.qvel + 6, data.qvel + model.nv, next);
    next = std::copy(velocity.begin(), velocity.end(), next);
    next = std::copy(data.qvel + 3, data.qvel + 6, next);
    next = std::copy(gravity.begin(), gravity.end(), next);
    std::copy(data.ctrl, data.ctrl + model.nu, next);
    for (double& x : out) x = clipped(x, {-observation_limit, observation_limit});
  }

  void remember(const mjModel&, const mjData&, std::span<double>) const {}

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    const mjData& data = step.data;
    const std::array<double, 3> velocity = in_torso(data, {data.qvel[0], data.qvel[1], data.qvel[2]});
    const double ahead = velocity[0] - target_velocity[0];
    const double aside = velocity[1] - target_velocity[1];
    terms[0] = std::exp(-(ahead * ahead + aside * aside) / tolerance);
    return {terms[0], terminate_when_unhealthy && !is_healthy(data)};
  }

  [[nodiscard]] bool is_healthy(const mjData& data) const {
    return healthy_z_range[0] <= data.qpos[2] && data.qpos[2] <= healthy_z_range[1];
  }

 private:
  /// A vector of the world seen in the torso's frame, fresh after a step.
  [[nodiscard]] static std::array<double, 3> in_torso(const mjData& data, const std::array<double, 3>& x) {
    std::array<double, 4> rotation{data.qpos[3], -data.qpos[4], -data.qpos[5], -data.qpos[6]};
    mju_normalize4(rotation.data());
    std::array<double, 3> seen{};
    mju_rotVecQuat(seen.data(), x.data(), rotation.data());
    return seen;
  }
};

/// Calls visit(name, field) for each option of the task.
template <class TaskOptions, class Visit>
requires std::same_as<std::remove_const_t<TaskOptions>, TargetSpeedAnt>
void visit_options(TaskOptions& task, Visit&& visit) {
  visit("max_episode_steps", task.max_episode_steps);
  visit("physics", task.physics);
  visit("xml_file", task.xml_file);
  visit("initial_keyframe", task.initial_keyframe);
  visit("frame_skip", task.frame_skip);
  visit("target_velocity", task.target_velocity);
  visit("tolerance", task.tolerance);
  visit("terminate_when_unhealthy", task.terminate_when_unhealthy);
  visit("healthy_z_range", task.healthy_z_range);
  visit("all_contacts", task.all_contacts);
  visit("fast_physics", task.fast_physics);
  visit("reset_noise_scale", task.reset_noise_scale);
}

inline std::string TargetSpeedAnt::mjcf() const {
  std::string text = ant_mjcf;
  if (fast_physics) {
#if mjVERSION_HEADER >= 300
    constexpr const char* option = R"(<option timestep="0.01" solver="Newton" iterations="1" ls_iterations="4">
    <flag eulerdamp="disable"/>
  </option>)";
#else
    // damping is always implicit yet, with which one iteration is too few: contacts would throw the ant into the air
    constexpr const char* option = R"(<option timestep="0.01" solver="Newton"/>)";
#endif
    text = replaced(text, R"(<option integrator="RK4" timestep="0.01"/>)", option);
  }
  if (!all_contacts) {
    // nothing touches anything, but for the four pairs
    text = replaced(text, R"(conaffinity="0")", R"(contype="0" conaffinity="0")");
    text = replaced(text, R"(conaffinity="1")", R"(conaffinity="0")");
    text = replaced(text, "  <actuator>", R"(  <contact>
    <pair geom1="left_ankle_geom" geom2="floor"/>
    <pair geom1="right_ankle_geom" geom2="floor"/>
    <pair geom1="third_ankle_geom" geom2="floor"/>
    <pair geom1="fourth_ankle_geom" geom2="floor"/>
  </contact>
  <actuator>)");
  }
  return text;
}

/// The ant that keeps a speed, as an environment.
using TargetSpeedAntEnvironment = Environment<TargetSpeedAnt>;

}  // namespace vantage::mujoco

#endif
