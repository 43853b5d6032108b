// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_VALUE_ERROR_HPP
#define VANTAGE_DIAGNOSTICS_VALUE_ERROR_HPP

#include <cmath>
#include <limits>

#include "vantage/diagnostics/statistics.hpp"

namespace vantage {

/// How far values V are from targets T, returns or those of GAE, in measures that do not agree: a mean of ratios is
/// ruled by targets near 0, and even a perfect V has an error of returns, which scatter around it.
struct ValueError {
  double mean_relative = 0;       ///< mean |V - T| / |T|, over the targets that are not 0
  double median_relative = 0;     ///< median of the same
  double total_relative = 0;      ///< sum |V - T| / sum |T|
  double normalized_rmse = 0;     ///< sqrt(mean (V - T)^2) / sd(T), sd with divisor n: 1 for the best constant
  double explained_variance = 0;  ///< 1 - var(T - V) / var(T); a constant offset of V does not show
  Index zero_targets = 0;         ///< left out of the relative errors
};

/// What cannot be measured.
inline constexpr ValueError kNoValueError{
    .mean_relative = std::numeric_limits<double>::quiet_NaN(),
    .median_relative = std::numeric_limits<double>::quiet_NaN(),
    .total_relative = std::numeric_limits<double>::quiet_NaN(),
    .normalized_rmse = std::numeric_limits<double>::quiet_NaN(),
    .explained_variance = std::numeric_limits<double>::quiet_NaN(),
};

/// NaN where a measure has nothing to divide by: all targets 0, or all the same. Shapes: values, targets n.
/// Throws: std::invalid_argument for different sizes, fewer than two, or what is not finite.
/// Source: Ilyas et al. 2020, arXiv 1811.02553 section 2.2 (mean_relative).
[[nodiscard]] inline ValueError value_error(ConstVectorRef<double> values, ConstVectorRef<double> targets) {
  detail::require_sample("value_error", values, 2);
  detail::require_sample("value_error", targets, 2);
  require(values.size() == targets.size(), "value_error", "as many values as targets",
          detail::join(values.size(), " and ", targets.size()));
  const Vector<double> errors = values - targets;
  ValueError result = kNoValueError;
  Vector<double> ratios(targets.size());
  Index count = 0;
  for (Index i = 0; i < targets.size(); ++i) {
    if (targets[i] != 0) ratios[count++] = std::abs(errors[i] / targets[i]);
  }
  result.zero_targets = targets.size() - count;
  ratios.conservativeResize(count);
  if (count > 0) {
    result.mean_relative = ratios.mean();
    result.median_relative = quantile(ratios, 0.5);
    result.total_relative = errors.cwiseAbs().sum() / targets.cwiseAbs().sum();
  }
  const auto variance = [](const Vector<double>& x) { return (x.array() - x.mean()).square().mean(); };
  const double spread = variance(targets);
  if (spread > 0) {
    result.normalized_rmse = std::sqrt(errors.squaredNorm() / static_cast<double>(errors.size()) / spread);
    result.explained_variance = 1 - variance(errors) / spread;
  }
  return result;
}

}  // namespace vantage

#endif
