// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_DISCRETE_ACTION_HPP
#define VANTAGE_ENV_DISCRETE_ACTION_HPP

#include <stdexcept>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/action_map.hpp"

namespace vantage {

/// The action that an environment with `count` discrete ones was given: 0 .. count - 1, held as the one number.
/// Throws: std::invalid_argument unless there is one number, and it is one of these.
[[nodiscard]] inline Index discrete_action(const char* who, const Vector<double>& action, Index count) {
  require(action.size() == 1, who, "a discrete action of one number", action.size());
  if (!is_discrete_action(action[0], count)) {
    throw std::invalid_argument(
        detail::join(who, ": expected a discrete action, one of 0 .. ", count - 1, ", got ", action[0]));
  }
  return static_cast<Index>(action[0]);
}

}  // namespace vantage

#endif
