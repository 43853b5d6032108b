// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_TIME_LIMIT_HPP
#define VANTAGE_ENV_TIME_LIMIT_HPP

#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/env/wrapper.hpp"

namespace vantage {

/// The same environment with another time limit. It only names the limit: the clock is that of the vector of
/// environments, which cuts the episode there and bootstraps from what would have followed.
template <Environment E>
class TimeLimit : public Wrapper<E> {
 public:
  /// `steps`: of this environment; 0: none. Throws: std::invalid_argument for steps < 0.
  TimeLimit(E environment, Index steps) : Wrapper<E>(std::move(environment)) {
    require(steps >= 0, "TimeLimit", "steps >= 0", steps);
    this->spec_.max_episode_steps = steps;
  }
};

}  // namespace vantage

#endif
