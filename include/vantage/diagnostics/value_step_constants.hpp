// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_VALUE_STEP_CONSTANTS_HPP
#define VANTAGE_DIAGNOSTICS_VALUE_STEP_CONSTANTS_HPP

#include <cmath>

#include "vantage/core/error.hpp"
#include "vantage/diagnostics/hoelder.hpp"
#include "vantage/diagnostics/statistics.hpp"
#include "vantage/value/value_report.hpp"

namespace vantage {

// the constants of ValueStepBound (value/value_step_bound.hpp), which the paper leaves open: how they are measured is
// our choice, both in units of the value

/// The factor of a power law, and how well it is one.
struct HoelderConstant {
  double value = 0;  ///< the factor
  Interval range;    ///< of sqrt(S2(h)) / h^alpha over the distances: a point where the law is exact
};

/// K1 of targets along policy steps: what fits the structure function with the exponent that is given,
///
///     sqrt(S2(h)) ~ K1 h^alpha,   log K1 = mean over h of log sqrt(S2(h)) - alpha log h
///
/// where `report` is hoelder_exponent's, of V(s; theta + h d) along the direction d of a policy step at learning rate
/// 1, so that h is beta_1. Its distances should lie in the window of rough_distances.
/// Throws: std::invalid_argument unless alpha > 0 and the report holds distances and squares > 0.
[[nodiscard]] inline HoelderConstant hoelder_constant(const HoelderReport& report, double alpha) {
  constexpr const char* kWho = "hoelder_constant";
  require(alpha > 0 && std::isfinite(alpha), kWho, "a finite alpha > 0", alpha);
  detail::require_sample(kWho, report.structure);
  require(report.structure.size() == report.distances.size(), kWho, "a square for each distance",
          report.structure.size());
  require(report.structure.minCoeff() > 0 && report.distances.minCoeff() > 0, kWho, "distances and squares > 0",
          detail::Listed(report.structure));
  const Vector<double> logs = 0.5 * report.structure.array().log() - alpha * report.distances.array().log();
  return {std::exp(logs.mean()), {std::exp(logs.minCoeff()), std::exp(logs.maxCoeff())}};
}

/// K2 of value steps: the fall of V's root mean squared error against fixed targets, a step and unit of learning rate,
///
///     K2 = (e_before - e_after) / (K beta_2)
///
/// of K steps just after a policy step. It is no more than what V moves by, the paper's measure, and counts only what
/// leads to the targets. The fall is linear in K only as long as it is a small part of e_before; measure few steps. Not
/// positive where the steps did not help.
/// Throws: std::invalid_argument for a report without steps, errors that are not finite, or a rate that is not > 0.
[[nodiscard]] inline double value_step_constant(const ValueReport& report, double learning_rate) {
  constexpr const char* kWho = "value_step_constant";
  require(report.steps >= 1, kWho, "a step at least", report.steps);
  require(learning_rate > 0 && std::isfinite(learning_rate), kWho, "finite learning_rate > 0", learning_rate);
  const double fall = report.error_before - report.error_after;
  require(std::isfinite(fall), kWho, "finite errors", fall);
  return fall / (static_cast<double>(report.steps) * learning_rate);
}

}  // namespace vantage

#endif
