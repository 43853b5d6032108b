// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_DISCRETE_ACTION_HPP
#define VANTAGE_ENV_DISCRETE_ACTION_HPP

#include <cstddef>
#include <span>
#include <stdexcept>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/action_map.hpp"

namespace vantage {

/// All choices of the discrete actions that a policy is for, on behalf of `who`. Throws: std::invalid_argument for no
/// action, one without a choice, and one alone with a single choice.
[[nodiscard]] inline Index choice_count(const char* who, std::span<const Index> choices) {
  require(!choices.empty(), who, "one discrete action at least", choices.size());
  if (choices.size() == 1) require(choices.front() >= 2, who, "discrete_actions >= 2", choices.front());
  Index sum = 0;
  for (const Index count : choices) {
    require(count >= 1, who, "choices >= 1", count);
    sum += count;
  }
  return sum;
}

/// The i-th of the discrete actions that an environment was given, each of them held as a number: one of
/// 0 .. choices[i] - 1. Throws: std::invalid_argument unless there is a number for each, and this one is one of these.
[[nodiscard]] inline Index discrete_action(const char* who, const Vector<double>& action,
                                           std::span<const Index> choices, std::size_t i) {
  const auto actions = static_cast<Index>(choices.size());
  if (action.size() != actions) {
    throw std::invalid_argument(
        actions == 1 ? detail::join(who, ": expected a discrete action of one number, got ", action.size())
                     : detail::join(who, ": expected ", actions, " discrete actions, got ", action.size()));
  }
  const double number = action[static_cast<Index>(i)];
  if (!is_discrete_action(number, choices[i])) {
    throw std::invalid_argument(
        detail::join(who, ": expected a discrete action, one of 0 .. ", choices[i] - 1, ", got ", number));
  }
  return static_cast<Index>(number);
}

/// The action that an environment with `count` discrete ones was given: 0 .. count - 1, held as the one number.
/// Throws: std::invalid_argument unless there is one number, and it is one of these.
[[nodiscard]] inline Index discrete_action(const char* who, const Vector<double>& action, Index count) {
  return discrete_action(who, action, {&count, 1}, 0);
}

}  // namespace vantage

#endif
