// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_EPVF_PENDULUM_SETUP_HPP
#define VANTAGE_TESTS_EPVF_PENDULUM_SETUP_HPP

#include "epvf/learner.hpp"
#include "vantage/env/pendulum.hpp"

namespace vantage::testing {

// small and quick, with everything that has a state
inline EpvfSetup pendulum_setup() {
  EpvfSetup setup;
  setup.policy = {.hidden = {8}};
  setup.archive = {.population = 6, .generations = 3};
  setup.value_update = {.steps = 4, .minibatch = 5};
  setup.action_map = ActionMap::clip_and_rescale;
  setup.normalize_observations = true;
  return setup;
}

inline Pendulum short_pendulum() {
  PendulumOptions options;
  options.max_episode_steps = 20;
  return Pendulum(options);
}

}  // namespace vantage::testing

#endif
