// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_PER_COMPONENT_HPP
#define VANTAGE_ENV_PER_COMPONENT_HPP

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

/// The numbers of an option that holds one a component, or one for all of them.
/// Throws: std::invalid_argument for another count, or a number for which accept(number) is false: `name` says which
/// option, `expected` what it may hold.
template <class Accept>
[[nodiscard]] Vector<double> per_component(const char* who, const char* name, const std::vector<double>& numbers,
                                           Index size, const char* expected, Accept&& accept) {
  const auto count = static_cast<Index>(numbers.size());
  if (count != 1 && count != size) {
    throw std::invalid_argument(
        detail::join(who, ": expected ", name, " of one number for all or of ", size, ", got ", count));
  }
  for (const double number : numbers) {
    if (accept(number)) continue;
    throw std::invalid_argument(detail::join(who, ": expected ", name, ' ', expected, ", got ", number));
  }
  if (count == 1) return Vector<double>::Constant(size, numbers.front());
  return Eigen::Map<const Vector<double>>(numbers.data(), size);
}

/// The action that stands for none: the given numbers, one for all or one a component, or where there are none, zeros
/// clipped to the task's bounds.
/// Throws: std::invalid_argument for an action that is none of the task's.
[[nodiscard]] inline Vector<double> resting_action(const char* who, const EnvironmentSpec& spec,
                                                   const std::vector<double>& numbers) {
  const Index size = spec.action_size();
  Vector<double> low = spec.action_low;
  Vector<double> high = spec.action_high;
  if (spec.is_discrete()) {
    low = Vector<double>::Zero(size);
    high.resize(size);
    std::transform(spec.choices().begin(), spec.choices().end(), high.begin(),
                   [](Index count) { return static_cast<double>(count - 1); });
  }
  if (numbers.empty()) return Vector<double>::Zero(size).cwiseMax(low).cwiseMin(high);
  const Vector<double> action =
      per_component(who, "first", numbers, size, spec.is_discrete() ? "of a whole number" : "of finite numbers",
                    [&](double x) { return std::isfinite(x) && (!spec.is_discrete() || std::floor(x) == x); });
  for (Index i = 0; i < size; ++i) {
    require(low[i] <= action[i] && action[i] <= high[i], who, "first within the task's actions", action[i]);
  }
  return action;
}

}  // namespace vantage

#endif
