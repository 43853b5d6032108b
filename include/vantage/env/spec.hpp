// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_SPEC_HPP
#define VANTAGE_ENV_SPEC_HPP

#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// What a learner must know of an environment before the first step.
struct EnvironmentSpec {
  std::string name = {};            ///< of the task, in messages and files
  Index observation_size = 0;       ///< numbers of an observation
  Vector<double> action_low = {};   ///< a bound a component, in its own units, or infinite; empty if discrete
  Vector<double> action_high = {};  ///< same size as action_low
  Index max_episode_steps = 0;      ///< time limit in steps, applied by the vector of environments; 0: none
  std::vector<std::string> reward_terms = {};  ///< names of what reward_terms() returns, if the environment has it
  Index discrete_actions = 0;  ///< an action is one of 0 .. discrete_actions - 1, held as a number; 0: continuous
  /// Numbers of critic_observation(), which the value function sees in place of the observation; 0: it sees that too.
  Index critic_observation_size = 0;

  /// Of several discrete actions that are taken at once: how many choices each has, such as {3, 2, 4}; an action is a
  /// row each, one of 0 .. choices - 1. Empty: one action, of discrete_actions choices, or continuous ones.
  std::vector<Index> action_choices = {};
  /// The row of an observation from which on as many numbers as there are choices, those of all actions one after the
  /// other, say which are allowed: 1, or 0. Of each action one is allowed at least, but where the task ends. None: all
  /// choices are allowed, always.
  std::optional<Index> mask_row = {};

  /// Whether an action is the number of a choice, or several of them.
  [[nodiscard]] bool is_discrete() const { return discrete_actions > 0 || !action_choices.empty(); }

  /// The choices of each discrete action: of one alone where there are not several, none where actions are continuous.
  [[nodiscard]] std::span<const Index> choices() const& {
    if (discrete_actions > 0) return {&discrete_actions, 1};
    return action_choices;
  }
  std::span<const Index> choices() const&& = delete;
  /// Of all discrete actions together.
  [[nodiscard]] Index choice_count() const {
    return std::accumulate(action_choices.begin(), action_choices.end(), discrete_actions);
  }

  /// Numbers that a value function sees of a state.
  [[nodiscard]] Index value_input_size() const {
    return critic_observation_size > 0 ? critic_observation_size : observation_size;
  }

  /// Rows of an action: a component each, or one that holds a discrete action.
  [[nodiscard]] Index action_size() const {
    return is_discrete() ? static_cast<Index>(choices().size()) : action_low.size();
  }
};

/// Throws: std::invalid_argument for what no learner can work with: no observation, no action, bounds that are not as
/// many below as above or are not numbers in order, counts below 0, one discrete action beside several, a mask that
/// does not lie within the observation or is of continuous actions.
inline void validate(const EnvironmentSpec& spec) {
  const auto expect = [&](bool condition, const char* expected, auto got) {
    if (!condition) require(false, ("EnvironmentSpec " + spec.name).c_str(), expected, got);
  };
  expect(spec.observation_size >= 1, "observation_size >= 1", spec.observation_size);
  expect(spec.critic_observation_size >= 0, "critic_observation_size >= 0", spec.critic_observation_size);
  expect(spec.discrete_actions >= 0, "discrete_actions >= 0", spec.discrete_actions);
  expect(spec.discrete_actions == 0 || spec.action_choices.empty(), "discrete_actions or action_choices, not both",
         spec.discrete_actions);
  for (const Index count : spec.action_choices) expect(count >= 1, "action_choices >= 1", count);
  expect(spec.action_size() >= 1, "at least one action component", spec.action_size());
  if (spec.mask_row) {
    expect(spec.is_discrete(), "discrete actions for a mask", *spec.mask_row);
    expect(*spec.mask_row >= 0 && *spec.mask_row <= spec.observation_size - spec.choice_count(),
           "a mask_row from which on the observation has a number for each choice", *spec.mask_row);
  }
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
