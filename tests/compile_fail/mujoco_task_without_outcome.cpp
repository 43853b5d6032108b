// SPDX-License-Identifier: MIT
// expected error: task.evaluate
#include <array>

#include "vantage/mujoco/environment.hpp"

struct MyTask {
  const char* name = "task";
  vantage::Index max_episode_steps = 10, memory_size = 0;
  int frame_skip = 1;
  bool needs_contact_forces = false;
  static constexpr std::array reward_terms{"reward"};
  void validate() const {}
  vantage::mujoco::Model load_model() const { return {}; }
  vantage::Index count_observations(const mjModel&) const { return 1; }
  void reset_state(const mjModel&, mjData&, vantage::Rng&) const {}
  void observe(const mjModel&, const mjData&, vantage::VectorRef<double>) const {}
  void remember(const mjModel&, const mjData&, std::span<double>) const {}
  double evaluate(const vantage::mujoco::StepView&, std::span<double>) const { return 0; }
};

vantage::mujoco::Environment<MyTask>* world;
