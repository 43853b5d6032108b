// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_CUSTOM_TASK_HPP
#define VANTAGE_MUJOCO_CUSTOM_TASK_HPP

#include <array>
#include <functional>
#include <string>

#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/names.hpp"
#include "vantage/mujoco/task_support.hpp"

namespace vantage::mujoco {

/// A task of one's own: a model and three functions. The functions see the model and the data after a step, derived
/// fields (xpos, contacts, ...) one substep behind; they are called by several threads at once, so they must not change
/// what they capture.
struct CustomTask {
  Model model = {};            ///< Model::from_xml_file(path) or Model::from_xml_string(text)
  Index observation_size = 0;  ///< numbers that `observe` writes
  std::function<void(const mjModel&, const mjData&, VectorRef<double>)> observe = {};  ///< writes the observation
  std::function<double(const mjModel&, const mjData&, ConstVectorRef<double>)> reward =
      {};                                                              ///< of the step with this action
  std::function<bool(const mjModel&, const mjData&)> terminated = {};  ///< none: it never terminates
  std::function<void(const mjModel&, mjData&, Rng&)> randomize =
      {};                             ///< the start of an episode; none: uniform noise as below
  double reset_noise_scale = 0;       ///< half width of the noise on the initial positions and velocities
  int frame_skip = 1;                 ///< physics steps an environment step
  Index max_episode_steps = 1000;     ///< time limit; 0: none
  bool needs_contact_forces = false;  ///< compute cfrc_ext, cfrc_int and cacc after each step
  std::string name = "custom";

  static constexpr Index memory_size = 0;
  static constexpr std::array reward_terms{"reward"};

  void validate() const {
    require(static_cast<bool>(model), "CustomTask", "a model", "none");
    require(observation_size >= 1, "CustomTask", "observation_size >= 1", observation_size);
    require(static_cast<bool>(observe), "CustomTask", "an observe function", "none");
    require(static_cast<bool>(reward), "CustomTask", "a reward function", "none");
    require(max_episode_steps >= 0, "CustomTask", "max_episode_steps >= 0", max_episode_steps);
    require(reset_noise_scale >= 0, "CustomTask", "reset_noise_scale >= 0", reset_noise_scale);
  }

  [[nodiscard]] Model load_model() const { return model; }
  [[nodiscard]] Index count_observations(const mjModel&) const { return observation_size; }

  void reset_state(const mjModel& world, mjData& data, Rng& rng) const {
    if (randomize) return randomize(world, data, rng);
    add_uniform(data.qpos, world.nq, reset_noise_scale, rng);
    add_uniform(data.qvel, world.nv, reset_noise_scale, rng);
  }

  void remember(const mjModel&, const mjData&, std::span<double>) const {}

  [[nodiscard]] Outcome evaluate(const StepView& step, std::span<double> terms) const {
    terms[0] = reward(step.model, step.data, step.action);
    return {terms[0], terminated && terminated(step.model, step.data)};
  }
};

using CustomEnvironment = Environment<CustomTask>;

}  // namespace vantage::mujoco

#endif
