// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_SLOPE_QUALITY_HPP
#define VANTAGE_DIAGNOSTICS_SLOPE_QUALITY_HPP

#include <cmath>
#include <limits>

#include "vantage/diagnostics/gradient_quality.hpp"

namespace vantage {

/// What the slope of a value function of policies is worth at one centre, beside what a population says alone.
struct SlopeQuality {
  Estimate pairwise;       ///< cosine of two populations' slopes
  double noise_scale = 0;  ///< B in policies: of so many, signal and noise are equally long; infinite: no signal seen
  double population = 0;   ///< cosine of one population's slope with the true one, 1 / sqrt(1 + B / N)
  double correction = 0;   ///< sqrt(1 + B / (N R)), by which the reference's own noise made the next one smaller
  Estimate value;          ///< cosine of V's slope with the true one; "not a number" where no signal was seen
};

/// From R independent slopes of N policies each at a frozen centre (population_slopes) and V's slope there, which does
/// not depend on them:
///
///     cos(grad V, g) ~ sqrt(1 + B / (N R)) <grad V, gbar> / (|grad V| |gbar|),   gbar the mean of the R slopes
///
/// with a jackknife interval of 95 % over populations. A V that is worth its steps has a larger cosine than
/// `population`. Shapes: slopes P x R, value_slope P. Throws: std::invalid_argument for R < 3, N < 1, another size, or
/// a slope that is zero or not finite. Source: Ilyas et al. 2020, arXiv 1811.02553 section 2.1; McCandlish et al. 2018,
/// arXiv 1812.06162.
[[nodiscard]] inline SlopeQuality slope_quality(const Matrix<double>& slopes, Index policies,
                                                const Vector<double>& value_slope) {
  constexpr const char* kWho = "slope_quality";
  require(value_slope.size() == slopes.rows(), kWho, "a slope as long as those of the populations", value_slope.size());
  const double norm = value_slope.norm();
  require(std::isfinite(norm) && norm > 0, kWho, "a finite slope of the value that is not zero", norm);
  SlopeQuality quality;
  quality.pairwise = pairwise_cosine(slopes);
  quality.noise_scale = noise_scale(slopes, policies).value();
  const auto repeats = static_cast<double>(slopes.cols());
  const auto size = static_cast<double>(policies);
  quality.population = 1 / std::sqrt(1 + quality.noise_scale / size);
  quality.correction = std::sqrt(1 + quality.noise_scale / (size * repeats));
  if (!std::isfinite(quality.correction)) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    quality.value = {kNone, kNone, {kNone, kNone}};
    return quality;
  }
  // a cosine does not see the length of what it is with: sums do for means
  const Vector<double> sum = slopes.rowwise().sum();
  const auto cosine = [&](const Vector<double>& reference) {
    return quality.correction * value_slope.dot(reference) / (norm * reference.norm());
  };
  Vector<double> without(slopes.cols());
  for (Index r = 0; r < slopes.cols(); ++r) without[r] = cosine(sum - slopes.col(r));
  quality.value = jackknife(cosine(sum), without);
  return quality;
}

}  // namespace vantage

#endif
