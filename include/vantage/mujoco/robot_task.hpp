// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_ROBOT_TASK_HPP
#define VANTAGE_MUJOCO_ROBOT_TASK_HPP

#include <algorithm>
#include <array>
#include <concepts>
#include <string>
#include <utility>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// A robot of one's own: any copyable struct with these four members. Its functions see the model and the data after a
/// step, derived fields (xpos, sensordata, contacts, ...) one substep behind; several threads call them at once, so
/// they are const and change nothing. Further members are used where they exist:
///
///     bool terminated(const mjModel&, const mjData&) const     the task's own end; missing: never
///     bool truncated(const mjModel&, const mjData&) const      cuts the episode off for a reason outside the task,
///                                                              as a time limit does; missing: never
///     void reset(const mjModel&, mjData&, Rng&) const          changes qpos and qvel from the model's initial ones;
///                                                              missing: uniform noise
///     Index critic_observation_size 0      numbers that only the critic sees, in place of the observation, written by
///     void observe_critic(const mjModel&, const mjData&, VectorRef<double>) const
///     void control(const mjModel&, mjData&, ConstVectorRef<double> action) const
///                                                              called before each physics step, writes ctrl (or
///                                                              forces) from the action and from qpos, qvel, act and
///                                                              time: of the data nothing else is this robot's then.
///                                                              Missing: the action is ctrl
///     Vector<double> action_low, action_high                   what control takes; missing, and control has no such
///                                                              functions, or empty: the actuators' bounds
///     double reset_noise_scale      0      half width of that noise
///     int frame_skip                1      physics steps an environment step
///     Index max_episode_steps       1000   time limit; 0: none
///     bool needs_contact_forces     false  compute cfrc_ext, cfrc_int and cacc after each step
///     std::string name              robot  in messages and files
///     std::string initial_keyframe         name or number of the keyframe to start from; none: qpos0
template <class R>
concept Robot = std::copyable<R> && requires(const R& robot, const mjModel& model, const mjData& data,
                                             VectorRef<double> observation, ConstVectorRef<double> action) {
  { robot.model } -> std::convertible_to<Model>;
  { robot.observation_size } -> std::convertible_to<Index>;
  robot.observe(model, data, observation);
  { robot.reward(model, data, action) } -> std::convertible_to<double>;
};

namespace detail {

template <class R>
concept EndsEpisodes = requires(const R& robot, const mjModel& model, const mjData& data) {
  { robot.terminated(model, data) } -> std::convertible_to<bool>;
};

template <class R>
concept CutsEpisodes = requires(const R& robot, const mjModel& model, const mjData& data) {
  { robot.truncated(model, data) } -> std::convertible_to<bool>;
};

template <class R>
concept ShowsCritic = requires(const R& robot, const mjModel& model, const mjData& data,
                               VectorRef<double> observation) {
  { robot.critic_observation_size } -> std::convertible_to<Index>;
  robot.observe_critic(model, data, observation);
};

template <class R>
concept Controls = requires(const R& robot, const mjModel& model, mjData& data, ConstVectorRef<double> action) {
  robot.control(model, data, action);
};

template <class R>
concept StartsEpisodes = requires(const R& robot, const mjModel& model, mjData& data, Rng& rng) {
  robot.reset(model, data, rng);
};

}  // namespace detail

/// The task of a robot, for Environment.
template <Robot R>
struct RobotTask {
  // a function that is left aside because its type is a little off would go unnoticed
  static_assert(
      !requires { &R::terminated; } || detail::EndsEpisodes<R>,
      "a robot's terminated is bool terminated(const mjModel&, const mjData&) const");
  static_assert(
      !requires { &R::truncated; } || detail::CutsEpisodes<R>,
      "a robot's truncated is bool truncated(const mjModel&, const mjData&) const");
  static_assert(
      !requires { &R::observe_critic; } || detail::ShowsCritic<R>,
      "a robot's observe_critic is void observe_critic(const mjModel&, const mjData&, VectorRef<double>) const, beside "
      "Index critic_observation_size");
  static_assert(
      !requires { &R::reset; } || detail::StartsEpisodes<R>,
      "a robot's reset is void reset(const mjModel&, mjData&, Rng&) const");
  static_assert(
      !requires { &R::control; } || detail::Controls<R>,
      "a robot's control is void control(const mjModel&, mjData&, ConstVectorRef<double> action) const");

  R robot;                     ///< with its options and functions
  std::string name = "robot";  ///< in messages and files
  int frame_skip = 1;          ///< physics steps an environment step
  double reset_noise_scale =
      0;  ///< half width of the noise on the first positions and velocities, where the robot has no reset of its own
  Index max_episode_steps = 1000;  ///< time limit; 0: none
  bool needs_contact_forces = false;
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0

  static constexpr Index memory_size = 0;
  static constexpr std::array reward_terms{"reward"};

  RobotTask() requires std::default_initializable<R> : RobotTask(R{}) {}

  /// Takes from the robot what it says of these, by the same names.
  RobotTask(R from) : robot(std::move(from)) {
    if constexpr (requires { robot.name; }) name = robot.name;
    if constexpr (requires { robot.frame_skip; }) frame_skip = robot.frame_skip;
    if constexpr (requires { robot.reset_noise_scale; }) reset_noise_scale = robot.reset_noise_scale;
    if constexpr (requires { robot.max_episode_steps; }) max_episode_steps = robot.max_episode_steps;
    if constexpr (requires { robot.needs_contact_forces; }) needs_contact_forces = robot.needs_contact_forces;
    if constexpr (requires { robot.initial_keyframe; }) initial_keyframe = robot.initial_keyframe;
  }

  void validate() const {
    const char* who = name.c_str();
    require(static_cast<bool>(load_model()), who, "a model", "none");
    require(robot.observation_size >= 1, who, "observation_size >= 1", robot.observation_size);
    if constexpr (requires { robot.observe.operator bool(); }) {
      require(robot.observe.operator bool(), who, "an observe function", "none");
    }
    if constexpr (requires { robot.reward.operator bool(); }) {
      require(robot.reward.operator bool(), who, "a reward function", "none");
    }
    if constexpr (detail::ShowsCritic<R>) {
      require(robot.critic_observation_size >= 0, who, "critic_observation_size >= 0", robot.critic_observation_size);
      if constexpr (requires { robot.observe_critic.operator bool(); }) {
        require(robot.critic_observation_size == 0 || robot.observe_critic.operator bool(), who,
                "an observe_critic function", "none");
      }
    }
    require(reset_noise_scale >= 0, who, "reset_noise_scale >= 0", reset_noise_scale);
    if constexpr (requires { robot.action_low.size(); }) {
      const bool own = detail::Controls<R> && has_control();
      require(own || robot.action_low.size() + robot.action_high.size() == 0, who, "bounds of actions beside a control",
              "bounds alone");
    }
  }

  [[nodiscard]] Model load_model() const { return robot.model; }
  [[nodiscard]] Index count_observations(const mjModel&) const { return robot.observation_size; }

  void reset_state(const mjModel& model, mjData& data, Rng& rng) const {
    if constexpr (detail::StartsEpisodes<R>) {
      if (has_reset()) return static_cast<void>(robot.reset(model, data, rng));
    }
    add_uniform(data.qpos, model.nq, reset_noise_scale, rng);
    add_uniform(data.qvel, model.nv, reset_noise_scale, rng);
  }

  /// Makes forces of an action before each step of the physics: by the robot's own control, or as ctrl.
  void control(const mjModel& model, mjData& data, ConstVectorRef<double> action) const requires detail::Controls<R> {
    if (has_control()) return static_cast<void>(robot.control(model, data, action));
    std::copy_n(action.data(), action.size(), data.ctrl);
  }

  /// Writes the bounds of the robot's control, where it tells them.
  void describe_actions(EnvironmentSpec& spec) const requires detail::Controls<R> {
    const auto describe = [&](const Vector<double>& low, const Vector<double>& high) {
      if (low.size() + high.size() == 0) return;
      spec.action_low = low;
      spec.action_high = high;
    };
    if constexpr (requires { robot.control.action_low(); }) {
      describe(robot.control.action_low(), robot.control.action_high());
    } else if constexpr (requires { robot.action_low.size(); }) {
      describe(robot.action_low, robot.action_high);
    }
  }

  void observe(const mjModel& model, const mjData& data, VectorRef<double> out) const {
    robot.observe(model, data, out);
  }

  [[nodiscard]] Index count_critic_observations(const mjModel&) const requires detail::ShowsCritic<R> {
    return robot.critic_observation_size;
  }
  void observe_critic(const mjModel& model, const mjData& data,
                      VectorRef<double> out) const requires detail::ShowsCritic<R> {
    robot.observe_critic(model, data, out);
  }

  void remember(const mjModel&, const mjData&, std::span<double>) const {}

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    terms[0] = robot.reward(step.model, step.data, step.action);
    Outcome outcome{terms[0]};
    if constexpr (detail::EndsEpisodes<R>) {
      if (has_terminated()) outcome.terminated = static_cast<bool>(robot.terminated(step.model, step.data));
    }
    if constexpr (detail::CutsEpisodes<R>) {
      if (has_truncated()) outcome.truncated = static_cast<bool>(robot.truncated(step.model, step.data));
    }
    return outcome;
  }

 private:
  // a std::function may be empty, a member function is always there
  [[nodiscard]] bool has_reset() const {
    if constexpr (requires { robot.reset.operator bool(); }) return robot.reset.operator bool();
    return true;
  }
  [[nodiscard]] bool has_control() const {
    if constexpr (requires { robot.control.operator bool(); }) return robot.control.operator bool();
    return true;
  }
  [[nodiscard]] bool has_terminated() const {
    if constexpr (requires { robot.terminated.operator bool(); }) return robot.terminated.operator bool();
    return true;
  }
  [[nodiscard]] bool has_truncated() const {
    if constexpr (requires { robot.truncated.operator bool(); }) return robot.truncated.operator bool();
    return true;
  }
};

/// A robot of one's own as an environment: RobotEnvironment<MyRobot> world(MyRobot{...}).
template <Robot R>
using RobotEnvironment = Environment<RobotTask<R>>;

}  // namespace vantage::mujoco

#endif
