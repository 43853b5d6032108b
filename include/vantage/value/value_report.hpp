// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_VALUE_REPORT_HPP
#define VANTAGE_VALUE_VALUE_REPORT_HPP

#include <limits>

#include "vantage/core/types.hpp"

namespace vantage {

/// How well a value function foresaw policies before it learned from them, and how well a linear fit to what it had
/// learned from did (EPVF); all not a number where not measured.
struct ForesightReport {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();  ///< not a number: not measured

  double explained_variance = kNone;         ///< 1 - var(return - V) / var(return) over the fresh policies
  double rank_correlation = kNone;           ///< Spearman's, between V and return
  double linear_explained_variance = kNone;  ///< of the linear fit, likewise
  double linear_rank_correlation = kNone;    ///< of the linear fit, likewise
  double slope_cosine = kNone;  ///< of V's slope at the centre, after the value steps, with the population's own
};

/// What the value steps of one iteration did. Errors are in units of the (scaled) return.
struct ValueReport {
  Index steps = 0;                ///< that were made
  double error_before = 0;        ///< root mean squared error against the targets, before the first step
  double error_after = 0;         ///< the same after the last step; NaN where the context does not measure
  double explained_variance = 0;  ///< 1 - var(target - V) / var(target), before the first step; 0 where var(target) = 0
  double gradient_norm = 0;       ///< of the last step, before clipping
  /// Root mean squared error after the last step on samples that no step saw; NaN where none were held out.
  double held_out_error = std::numeric_limits<double>::quiet_NaN();
  ForesightReport foresight = {};  ///< of EPVF
};

}  // namespace vantage

#endif
