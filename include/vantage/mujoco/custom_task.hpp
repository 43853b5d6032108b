// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_CUSTOM_TASK_HPP
#define VANTAGE_MUJOCO_CUSTOM_TASK_HPP

#include <functional>
#include <string>

#include "vantage/mujoco/robot_task.hpp"

namespace vantage::mujoco {

/// A task of one's own without a struct of one's own: a model and up to seven functions, which follow the rules of
/// Robot. What they capture they must not change.
struct CustomTask {
  Model model = {};            ///< Model::from_xml_file(path), Model::from_xml_string(text), load_urdf(path, mjcf)
  Index observation_size = 0;  ///< numbers that `observe` writes
  std::function<void(const mjModel&, const mjData&, VectorRef<double>)> observe = {};  ///< writes the observation
  std::function<double(const mjModel&, const mjData&, ConstVectorRef<double>)> reward =
      {};                                                              ///< of the step with this action
  std::function<bool(const mjModel&, const mjData&)> terminated = {};  ///< none: it never terminates
  std::function<bool(const mjModel&, const mjData&)> truncated =
      {};  ///< cuts the episode off for a reason outside the task; none: it never does
  std::function<void(const mjModel&, mjData&, Rng&)> reset = {};  ///< the start; none: uniform noise as below
  Index critic_observation_size = 0;  ///< numbers that only the critic sees, written by observe_critic; 0: none
  std::function<void(const mjModel&, const mjData&, VectorRef<double>)> observe_critic =
      {};  ///< writes what only the critic sees; needed where there is something
  std::function<void(const mjModel&, mjData&, ConstVectorRef<double>)> control =
      {};                             ///< makes ctrl of the action before each physics step; none: the action is ctrl
  Vector<double> action_low = {};     ///< of the action that control takes; empty: as the actuators' ctrl
  Vector<double> action_high = {};    ///< likewise
  double reset_noise_scale = 0;       ///< half width of the noise on the initial positions and velocities
  int frame_skip = 1;                 ///< physics steps an environment step
  Index max_episode_steps = 1000;     ///< time limit; 0: none
  bool needs_contact_forces = false;  ///< compute cfrc_ext, cfrc_int and cacc after each step
  std::string name = "custom";        ///< in messages and files
  std::string initial_keyframe = {};  ///< name or number of the keyframe to start from; none: qpos0
};

static_assert(Robot<CustomTask>);

/// Throws: std::invalid_argument for what is missing.
using CustomEnvironment = RobotEnvironment<CustomTask>;

}  // namespace vantage::mujoco

#endif
