// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_SPEC_HPP
#define VANTAGE_ENV_SPEC_HPP

#include <string>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// What a learner must know of an environment before the first step.
struct EnvironmentSpec {
  std::string name;             ///< of the task, in messages and files
  Index observation_size = 0;   ///< numbers of an observation
  Vector<double> action_low;    ///< one bound a component, in the task's own units; may be infinite; empty if discrete
  Vector<double> action_high;   ///< same size as action_low
  Index max_episode_steps = 0;  ///< time limit in steps, applied by the vector of environments; 0: none
  std::vector<std::string> reward_terms;  ///< names of what reward_terms() returns, if the environment has it
  Index discrete_actions = 0;  ///< an action is one of 0 .. discrete_actions - 1, held as a number; 0: continuous
  /// Numbers of critic_observation(), which the value function sees in place of the observation; 0: it sees that too.
  Index critic_observation_size = 0;

  /// Whether an action is the number of a choice.
  [[nodiscard]] bool is_discrete() const { return discrete_actions > 0; }

  /// Numbers that a value function sees of a state.
  [[nodiscard]] Index value_input_size() const {
    return critic_observation_size > 0 ? critic_observation_size : observation_size;
  }

  /// Rows of an action: a component each, or one that holds the discrete action.
  [[nodiscard]] Index action_size() const { return is_discrete() ? 1 : action_low.size(); }
};

/// Throws: std::invalid_argument for what no learner can work with: no observation, no action, bounds that are not as
/// many below as above or are not numbers in order, counts below 0.
inline void validate(const EnvironmentSpec& spec) {
  const auto expect = [&](bool condition, const char* expected, auto got) {
    if (!condition) require(false, ("EnvironmentSpec " + spec.name).c_str(), expected, got);
  };
  expect(spec.observation_size >= 1, "observation_size >= 1", spec.observation_size);
  expect(spec.critic_observation_size >= 0, "critic_observation_size >= 0", spec.critic_observation_size);
  expect(spec.discrete_actions >= 0, "discrete_actions >= 0", spec.discrete_actions);
  expect(spec.action_size() >= 1, "at least one action component", spec.action_size());
  expect(spec.action_low.size() == spec.action_high.size(), "as many upper as lower action bounds",
         spec.action_high.size());
  for (Index i = 0; i < spec.action_low.size(); ++i) {
    expect(spec.action_low[i] <= spec.action_high[i], "action bounds low <= high", spec.action_low[i]);
  }
  expect(spec.max_episode_steps >= 0, "max_episode_steps >= 0", spec.max_episode_steps);
}

/// What one step yields. Time limits belong to the vector of environments.
struct StepResult {
  double reward = 0;        ///< of the step, in the task's own units
  bool terminated = false;  ///< the task's own end: nothing follows
  bool fault = false;       ///< the simulation broke down; the episode ends as terminated, the observation is not used
  Index warnings = 0;       ///< times that the simulation warned of wrong physics, such as contacts that it left out
  /// The episode is cut off for a reason outside the task (an emergency stop, a lost link): as at a time limit what
  /// would have followed counts. An end of the task's own in the same step goes first.
  bool truncated = false;
};

}  // namespace vantage

#endif
