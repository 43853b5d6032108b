// SPDX-License-Identifier: MIT
#ifndef VANTAGE_QUADRUPED_QUADRUPED_HPP
#define VANTAGE_QUADRUPED_QUADRUPED_HPP

#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "vantage/env/action_delay.hpp"
#include "vantage/env/observation_history.hpp"
#include "vantage/env/observation_noise.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/handles.hpp"
#include "vantage/mujoco/position_control.hpp"
#include "vantage/mujoco/task_support.hpp"

/// A quadruped that is to trot forward at a commanded speed. Actions are target angles of its twelve joints, offsets
/// from the stand in units of 0.3 rad; motors follow them at 200 Hz, the policy decides at 50 Hz.
struct Quadruped {
  std::string name = "Quadruped";
  vantage::mujoco::Model model;  ///< examples/robots/quadruped.xml
  vantage::mujoco::PositionControl drive{model,
                                         {.stiffness = {30}, .damping = {0.8}, .scale = {0.3}, .keyframe = "stand"}};
  std::array<double, 2> speed = {0.5, 1.0};  ///< commanded in an episode, uniform. Units: m/s
  double gait_frequency = 2;                 ///< steps of each leg a second; a front leg lifts with the other rear one
  double swing_height = 0.07;                ///< of a foot in the middle of its swing. Units: m
  double stand_height = 0.3;                 ///< of the trunk. Units: m
  double reset_noise_scale = 0.1;            ///< half width, of joints in rad, of velocities in m/s and rad/s
  vantage::Index max_episode_steps = 500;    ///< ten seconds
  int frame_skip = 4;                        ///< of 5 ms each
  std::string initial_keyframe = "stand";

  static constexpr bool needs_contact_forces = false;
  static constexpr vantage::Index joints = 12;
  static constexpr vantage::Index memory_size = joints;  // the action before
  static constexpr std::array feet{"front_left_foot", "front_right_foot", "rear_left_foot", "rear_right_foot"};
  static constexpr std::array reward_terms{"speed", "turn", "gait", "alive", "posture", "effort", "smoothness"};

  explicit Quadruped(const std::filesystem::path& file) : model(vantage::mujoco::Model::from_xml_file(file)) {}

  void validate() const {
    vantage::mujoco::require_range(speed, "Quadruped", "speed low <= high");
    vantage::require(gait_frequency > 0, "Quadruped", "gait_frequency > 0", gait_frequency);
  }
  [[nodiscard]] vantage::mujoco::Model load_model() const { return model; }

  /// What is looked up by name once.
  void bind(const mjModel& of) {
    for (std::size_t i = 0; i < feet.size(); ++i) {
      foot_[i] = vantage::mujoco::geom_id(of, feet[i]);
      touch_[i] = vantage::mujoco::SensorHandle(of, feet[i]).index;
    }
    trunk_ = vantage::mujoco::body_id(of, "trunk");
    trunk_touch_ = vantage::mujoco::SensorHandle(of, "trunk").index;
  }

  /// Targets to torques, before each step of the physics; the action is kept with the state, for rewards and critic.
  void control(const mjModel& of, mjData& data, vantage::ConstVectorRef<double> action) const {
    std::copy(action.begin(), action.end(), data.userdata + 1);
    drive(of, data, action);
  }
  void describe_actions(vantage::EnvironmentSpec& spec) const {
    spec.action_low = drive.action_low();
    spec.action_high = drive.action_high();
  }

  void reset_state(const mjModel& of, mjData& data, vantage::Rng& rng) const {
    vantage::mujoco::add_uniform(data.qpos + 7, joints, reset_noise_scale, rng);
    vantage::mujoco::add_uniform(data.qvel, of.nv, reset_noise_scale, rng);
    data.userdata[0] = rng.uniform(speed[0], speed[1]);
  }

  [[nodiscard]] static vantage::Index count_observations(const mjModel&) { return 9 + 2 * joints; }

  /// What the robot can measure, and what it is told: the direction of gravity and the angular velocity in the trunk's
  /// frame, joints' angles from the stand, their velocities, the commanded speed, the gait's clock.
  void observe(const mjModel& of, const mjData& data, vantage::VectorRef<double> out) const {
    const std::array<double, 3> gravity = in_trunk(data, {0, 0, -1});
    double* next = std::copy(gravity.begin(), gravity.end(), out.data());
    next = std::copy_n(data.qvel + 3, 3, next);
    for (const auto& motor : drive.motors()) *next++ = data.qpos[motor.position_index] - motor.default_position;
    next = std::copy(data.qvel + 6, data.qvel + of.nv, next);
    *next++ = data.userdata[0];
    *next++ = std::sin(phase(data));
    *next++ = std::cos(phase(data));
  }

  [[nodiscard]] static vantage::Index count_critic_observations(const mjModel& of) {
    return count_observations(of) + 10 + joints;
  }

  /// What only the critic sees: the observation without noise, the trunk's velocity and height, which feet touch, how
  /// slippery the floor and how heavy the trunk is, the action that acts.
  void observe_critic(const mjModel& of, const mjData& data, vantage::VectorRef<double> out) const {
    observe(of, data, out.head(count_observations(of)));
    const std::array<double, 3> velocity = in_trunk(data, {data.qvel[0], data.qvel[1], data.qvel[2]});
    double* next = std::copy(velocity.begin(), velocity.end(), out.data() + count_observations(of));
    *next++ = data.qpos[2];
    for (const int touch : touch_) *next++ = data.sensordata[touch] > 0 ? 1 : 0;
    *next++ = of.geom_friction[0];
    *next++ = of.body_mass[trunk_];
    std::copy_n(data.userdata + 1, joints, next);
  }

  void remember(const mjModel&, const mjData& data, std::span<double> out) const {
    std::copy_n(data.userdata + 1, joints, out.begin());
  }

  [[nodiscard]] vantage::mujoco::Outcome evaluate(const vantage::mujoco::StepView& step,
                                                  std::span<double> terms) const {
    const mjData& data = step.data;
    const std::array<double, 3> gravity = in_trunk(data, {0, 0, -1});
    const std::array<double, 3> velocity = in_trunk(data, {data.qvel[0], data.qvel[1], data.qvel[2]});
    const double ahead = velocity[0] - data.userdata[0], height = data.qpos[2] - stand_height;
    double misplaced = 0, torques = 0, changes = 0;
    for (std::size_t i = 0; i < feet.size(); ++i) {
      misplaced += square(data.geom_xpos[3 * foot_[i] + 2] - step.model.geom_size[3 * foot_[i]] - lift(data, i));
    }
    for (vantage::Index i = 0; i < joints; ++i) {
      torques += square(data.actuator_force[i]);
      changes += square(step.action[i] - step.before[static_cast<std::size_t>(i)]);
    }
    terms[0] = std::exp(-(square(ahead) + square(velocity[1])) / 0.15);
    terms[1] = 0.3 * std::exp(-square(data.qvel[5]) / 0.25);
    terms[2] = 0.5 * std::exp(-misplaced / 0.003);
    terms[3] = 0.3;
    terms[4] = -1.5 * (square(gravity[0]) + square(gravity[1])) - 20 * square(height) - 0.5 * square(velocity[2]) -
               0.03 * (square(data.qvel[3]) + square(data.qvel[4]));
    terms[5] = -2e-4 * torques;
    terms[6] = -0.01 * changes;
    const bool fallen = gravity[2] > -0.6 || data.sensordata[trunk_touch_] > 0;
    double sum = 0;
    for (const double term : terms) sum += term;
    return {sum, fallen};
  }

 private:
  static double square(double x) { return x * x; }
  [[nodiscard]] double phase(const mjData& data) const { return 2 * std::numbers::pi * gait_frequency * data.time; }

  /// How high a foot should be: half of the time it swings, a diagonal pair at once.
  [[nodiscard]] double lift(const mjData& data, std::size_t leg) const {
    const double side = leg == 0 || leg == 3 ? 1 : -1;
    return swing_height * std::max(0.0, side * std::sin(phase(data)));
  }

  /// A vector of the world seen from the trunk, fresh after a step.
  [[nodiscard]] static std::array<double, 3> in_trunk(const mjData& data, const std::array<double, 3>& x) {
    const std::array<double, 4> back{data.qpos[3], -data.qpos[4], -data.qpos[5], -data.qpos[6]};
    std::array<double, 3> seen{};
    mju_rotVecQuat(seen.data(), x.data(), back.data());
    return seen;
  }

  std::array<int, 4> foot_{}, touch_{};
  int trunk_ = 0, trunk_touch_ = 0;
};

/// The robot with what lies between it and its policy: late actions, noisy sensors, two observations and two actions.
using QuadrupedWorld = vantage::ObservationHistory<
    vantage::ObservationNoise<vantage::ActionDelay<vantage::mujoco::Environment<Quadruped>>>>;

/// The robot inside of it.
[[nodiscard]] inline const vantage::mujoco::Environment<Quadruped>& robot_of(const QuadrupedWorld& world) {
  return world.environment().environment().environment();
}

/// As it learns: each episode on another floor, with another load and other motors, late and noisy; or as it is drawn.
[[nodiscard]] inline QuadrupedWorld quadruped_world(const Quadruped& robot, bool randomized) {
  using vantage::mujoco::Change, vantage::mujoco::Quantity;
  vantage::mujoco::Randomization randomization;
  vantage::ObservationNoiseOptions noise;
  if (randomized) {
    randomization = {{Quantity::friction, 0.5, 1.25},
                     {Quantity::mass, -0.5, 2, Change::offset, {"trunk"}},
                     {Quantity::motor_gain, 0.9, 1.1, Change::scale, {}, true},
                     {Quantity::joint_offset, -0.02, 0.02, Change::offset, {}, true}};
    const auto add = [&](std::size_t count, double width) { noise.uniform.insert(noise.uniform.end(), count, width); };
    add(3, 0.05);                  // gravity
    add(3, 0.2);                   // rad/s
    add(Quadruped::joints, 0.01);  // rad
    add(Quadruped::joints, 1);     // rad/s
    add(3, 0);                     // what it is told
  }
  return QuadrupedWorld{
      vantage::ObservationNoise{vantage::ActionDelay{vantage::mujoco::Environment<Quadruped>(robot, randomization),
                                                     vantage::ActionDelayOptions{.low = 0, .high = randomized ? 1 : 0}},
                                noise},
      {.observations = 2, .actions = 2}};
}

#endif
