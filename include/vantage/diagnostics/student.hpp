// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_STUDENT_HPP
#define VANTAGE_DIAGNOSTICS_STUDENT_HPP

#include <cmath>
#include <numbers>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// P(|T| <= t) of Student's t with `degrees` degrees of freedom. Pre: t >= 0. Throws: std::invalid_argument for
/// degrees < 1. Cost: O(degrees). Source: Abramowitz and Stegun 26.7.3 and 26.7.4, finite sums.
[[nodiscard]] inline double student_within(double t, Index degrees) {
  require(degrees >= 1, "student_within", "degrees >= 1", degrees);
  const double angle = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cosine = std::cos(angle);
  const bool odd = degrees % 2 == 1;
  // terms of cos^k with k of the parity of degrees - 2, each from the one before
  double term = odd ? cosine : 1;
  double sum = degrees > 1 ? term : 0;
  for (Index k = odd ? 3 : 2; k < degrees; k += 2) {
    term *= static_cast<double>(k - 1) / static_cast<double>(k) * cosine * cosine;
    sum += term;
  }
  if (!odd) return std::sin(angle) * sum;
  return 2 / std::numbers::pi * (angle + std::sin(angle) * sum);
}

/// The t with P(|T| <= t) = confidence: the factor of a standard error in a two-sided interval. 2.262 for 0.95 and 9
/// degrees. Throws: std::invalid_argument unless 0 <= confidence < 1 and degrees >= 1. Cost: O(degrees).
[[nodiscard]] inline double student_factor(double confidence, Index degrees) {
  require(confidence >= 0 && confidence < 1, "student_factor", "0 <= confidence < 1", confidence);
  double low = 0;
  double high = 1;
  while (student_within(high, degrees) < confidence && high < 1e300) high *= 2;
  // bisection down to neighbouring doubles
  for (double middle = 0.5 * high; middle > low && middle < high; middle = low + 0.5 * (high - low)) {
    (student_within(middle, degrees) < confidence ? low : high) = middle;
  }
  return high;
}

}  // namespace vantage

#endif
