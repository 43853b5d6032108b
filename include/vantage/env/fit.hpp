// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_FIT_HPP
#define VANTAGE_ENV_FIT_HPP

#include <stdexcept>
#include <string>
#include <string_view>

#include "vantage/core/error.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

namespace detail {

// "17 observations and 6 actions", "4 observations and 2 discrete actions"
inline std::string shape_text(Index observations, Index actions, Index discrete_actions) {
  const std::string kind = discrete_actions > 0 ? join(discrete_actions, " discrete") : join(actions);
  return join(observations, " observations and ", kind, " actions");
}

}  // namespace detail

/// Refuses a policy for other observations or actions than the task's, on behalf of `who`. A policy is held to what it
/// says of itself by observation_size(), action_size() and discrete_actions(); one that says nothing passes.
/// Throws: std::invalid_argument. Cost: three comparisons; allocates only to refuse.
template <class P>
void require_fit(std::string_view who, const P& policy, const EnvironmentSpec& spec) {
  Index observations = spec.observation_size;
  Index actions = spec.action_size();
  Index discrete_actions = spec.discrete_actions;
  if constexpr (requires { policy.observation_size(); }) observations = policy.observation_size();
  if constexpr (requires { policy.action_size(); }) actions = policy.action_size();
  if constexpr (requires { policy.discrete_actions(); }) discrete_actions = policy.discrete_actions();
  if (observations == spec.observation_size && actions == spec.action_size() &&
      discrete_actions == spec.discrete_actions) {
    return;
  }
  throw std::invalid_argument(
      detail::join(who, ": expected a policy for ",
                   detail::shape_text(spec.observation_size, spec.action_size(), spec.discrete_actions), " of ",
                   spec.name, ", got one for ", detail::shape_text(observations, actions, discrete_actions)));
}

/// Refuses a value function of other inputs than so many numbers, on behalf of `who`. It is held to what it says of
/// itself by input_size(); one that says nothing passes. Throws: std::invalid_argument.
template <class V>
void require_inputs(std::string_view who, [[maybe_unused]] const V& value, [[maybe_unused]] Index size) {
  if constexpr (requires { value.input_size(); }) {
    if (value.input_size() == size) return;
    throw std::invalid_argument(
        detail::join(who, ": expected a value function of ", size, " inputs, got one of ", value.input_size()));
  }
}

}  // namespace vantage

#endif
