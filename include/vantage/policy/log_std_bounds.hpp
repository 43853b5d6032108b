// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_LOG_STD_BOUNDS_HPP
#define VANTAGE_POLICY_LOG_STD_BOUNDS_HPP

#include <cmath>

namespace vantage {

/// Interval of log standard deviations, and the map of a free parameter u into it:
///
///     l(u) = low + (high - low) (1 + tanh u) / 2
struct LogStdBounds {
  double low = -5;  ///< lower end
  double high = 2;  ///< upper end

  /// l(u).
  template <class S>
  [[nodiscard]] S log_std(S u) const {
    return static_cast<S>(low) + (static_cast<S>(high) - static_cast<S>(low)) * (1 + std::tanh(u)) / 2;
  }

  /// dl / du.
  template <class S>
  [[nodiscard]] S slope(S u) const {
    return static_cast<S>(high - low) / 2 * (1 - std::tanh(u) * std::tanh(u));
  }

  /// The u of a log standard deviation. Pre: strictly inside.
  [[nodiscard]] double parameter(double log_std) const { return std::atanh(2 * (log_std - low) / (high - low) - 1); }
};

}  // namespace vantage

#endif
