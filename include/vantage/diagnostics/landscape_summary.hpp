// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_LANDSCAPE_SUMMARY_HPP
#define VANTAGE_DIAGNOSTICS_LANDSCAPE_SUMMARY_HPP

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "vantage/diagnostics/landscape.hpp"
#include "vantage/diagnostics/statistics.hpp"

namespace vantage {

/// The derivative of a curve where it was measured.
struct Slope {
  double value = 0;           ///< the derivative itself
  double standard_error = 0;  ///< NaN without standard errors of the points where the fit meets all of them
};

/// Which points take part in a slope, and how.
struct SlopeOptions {
  double radius = std::numeric_limits<double>::infinity();  ///< points with |x| up to it take part
  Index degree = 2;  ///< of the polynomial that is fitted; its slope at 0 is what counts
};

/// The slope at x = 0 of a polynomial fitted to points by least squares. With a standard error for each point, of noise
/// that is independent between points, they weigh 1 / error^2 and the slope's error follows from theirs. Without any
/// (empty), as for one batch's surrogate, whose noise all points share, points weigh the same and the error says how
/// far the curve is from such a polynomial.
///
/// Shapes: x, values n; standard_errors n or 0. Throws: std::invalid_argument for other sizes, numbers that are not
/// finite, errors that are not > 0, degree < 1, or fewer points within the radius than the polynomial has coefficients.
/// Cost: O(n degree^2).
[[nodiscard]] inline Slope slope_at_origin(ConstVectorRef<double> x, ConstVectorRef<double> values,
                                           ConstVectorRef<double> standard_errors, const SlopeOptions& options = {}) {
  constexpr const char* kWho = "slope_at_origin";
  require(options.degree >= 1, kWho, "degree >= 1", options.degree);
  require(x.size() == values.size(), kWho, "a value for each x", values.size());
  const bool weighted = standard_errors.size() > 0;
  require(!weighted || standard_errors.size() == x.size(), kWho, "a standard error for each x, or none",
          standard_errors.size());
  Matrix<double> powers(x.size(), options.degree + 1);
  Vector<double> scaled(x.size());
  Index count = 0;
  for (Index i = 0; i < x.size(); ++i) {
    if (std::abs(x[i]) > options.radius) continue;
    const double error = weighted ? standard_errors[i] : 1;
    require(error > 0 && std::isfinite(error), kWho, "finite standard errors > 0", error);
    for (Index k = 0; k <= options.degree; ++k) powers(count, k) = std::pow(x[i], static_cast<double>(k)) / error;
    scaled[count++] = values[i] / error;
  }
  require(count > options.degree, kWho, "more points within the radius than the degree", count);
  powers.conservativeResize(count, Eigen::NoChange);
  scaled.conservativeResize(count);
  require(scaled.allFinite() && powers.allFinite(), kWho, "finite numbers", "others");
  const Matrix<double> covariance =
      (powers.transpose() * powers).ldlt().solve(Matrix<double>::Identity(options.degree + 1, options.degree + 1));
  const Vector<double> coefficients = covariance * (powers.transpose() * scaled);
  double variance = 1;
  if (!weighted) {
    const auto degrees = static_cast<double>(count - options.degree - 1);
    variance = degrees > 0 ? (scaled - powers * coefficients).squaredNorm() / degrees
                           : std::numeric_limits<double>::quiet_NaN();
  }
  return {coefficients[1], std::sqrt(variance * covariance(1, 1))};
}

/// How far curves along the first direction are from parabolas at the distance of the grid's nodes: the variance of
/// their second differences, less what noise alone would make of it.
struct Roughness {
  double variance = 0;        ///< unbiased; may come out negative where noise is all
  double standard_error = 0;  ///< of the variance of what is no rougher than a parabola, from normal noise alone

  /// As a standard deviation, in units of the value; 0 where the variance is negative.
  [[nodiscard]] double deviation() const { return std::sqrt(std::max(variance, 0.0)); }
};

/// Roughness of a column, over all rows of the grid. With equally spaced x, D the matrix of second differences without
/// their mean and Sigma the diagonal of squared errors, a row of values v adds
///
///     |D v|^2 - tr(D Sigma D'),   which noise alone makes 0 +- sqrt(2 tr((D Sigma D')^2))
///
/// For many points of equal error that is the mean square less 6 error^2. `errors`: the column of standard errors, of
/// noise that is independent between points; none: there is no noise. Throws: std::invalid_argument unless the
/// landscape is complete, with four equally spaced nodes along x at the least, or where numbers are not finite.
/// Cost: O(Y X^3).
[[nodiscard]] inline Roughness roughness(const Landscape& landscape, Index column, std::optional<Index> errors = {}) {
  constexpr const char* kWho = "roughness";
  require(landscape.is_complete(), kWho, "a landscape measured at all points", "others");
  const Index nodes = landscape.x.size();
  require(nodes >= 4, kWho, "four nodes along x at the least", nodes);
  const double spacing = (landscape.x[nodes - 1] - landscape.x[0]) / static_cast<double>(nodes - 1);
  const Vector<double> even = Vector<double>::LinSpaced(nodes, landscape.x[0], landscape.x[nodes - 1]);
  require((landscape.x - even).cwiseAbs().maxCoeff() < 1e-6 * spacing, kWho, "equally spaced nodes along x",
          detail::Listed(landscape.x));
  Matrix<double> differences = Matrix<double>::Zero(nodes - 2, nodes);
  for (Index i = 0; i < nodes - 2; ++i) differences.row(i).segment(i, 3) << 1, -2, 1;
  differences.rowwise() -= differences.colwise().mean().eval();

  double squares = 0;
  double noise_variance = 0;
  for (Index row = 0; row < landscape.y.size(); ++row) {
    const Vector<double> values = landscape.along_x(column, row);
    detail::require_sample(kWho, values);
    squares += (differences * values).squaredNorm();
    if (!errors) continue;
    const Vector<double> error = landscape.along_x(*errors, row);
    detail::require_sample(kWho, error);
    const Matrix<double> noisy = differences * error.asDiagonal();
    const Matrix<double> noise = noisy * noisy.transpose();
    squares -= noise.trace();
    noise_variance += 2 * noise.squaredNorm();
  }
  const auto degrees = static_cast<double>(landscape.y.size() * (nodes - 3));
  return {squares / degrees, std::sqrt(noise_variance) / degrees};
}

/// The largest less the smallest value of a column, which roughness may be set beside.
/// Throws: std::invalid_argument unless the landscape is complete and the column finite.
[[nodiscard]] inline double range_of(const Landscape& landscape, Index column) {
  require(landscape.is_complete(), "range_of", "a landscape measured at all points", "others");
  const Vector<double> values = landscape.values.col(column);
  detail::require_sample("range_of", values);
  return values.maxCoeff() - values.minCoeff();
}

/// Where a column is largest.
struct Peak {
  double x = 0;      ///< first coordinate
  double y = 0;      ///< second coordinate
  double value = 0;  ///< of the column there
};

/// Throws: std::invalid_argument unless the landscape is complete and the column finite.
[[nodiscard]] inline Peak peak(const Landscape& landscape, Index column) {
  require(landscape.is_complete(), "peak", "a landscape measured at all points", "others");
  const Vector<double> values = landscape.values.col(column);
  detail::require_sample("peak", values);
  Index best = 0;
  const double value = values.maxCoeff(&best);
  return {landscape.x_of(best), landscape.y_of(best), value};
}

/// How far what an update climbs is what it is meant for.
struct Agreement {
  double rank_correlation = 0;       ///< Spearman's, over all points
  double rank_correlation_line = 0;  ///< the same along the first direction, at y = 0; NaN without such a row
  double return_change = 0;          ///< from (0, 0) to (1, 0): what a whole step makes of it; NaN without these points
  double surrogate_change = 0;       ///< the same of the surrogate

  /// Whether both changes have one sign; not where one of them is 0 or not known.
  [[nodiscard]] bool same_sign() const { return return_change * surrogate_change > 0; }
};

/// Compares a column of returns with one of a surrogate. Throws: std::invalid_argument unless the landscape is
/// complete, has two points and both columns are finite. Source: Ilyas et al. 2020, arXiv 1811.02553 section 2.3, in
/// numbers.
[[nodiscard]] inline Agreement agreement(const Landscape& landscape, Index returns, Index surrogate) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  require(landscape.is_complete(), "agreement", "a landscape measured at all points", "others");
  Agreement result{.rank_correlation = spearman(landscape.values.col(returns), landscape.values.col(surrogate)),
                   .rank_correlation_line = kNone,
                   .return_change = kNone,
                   .surrogate_change = kNone};
  if (const std::optional<Index> start = landscape.point_at(landscape.x[0]); start && landscape.x.size() >= 2) {
    const Index j = *start / landscape.x.size();
    result.rank_correlation_line = spearman(landscape.along_x(returns, j), landscape.along_x(surrogate, j));
  }
  const std::optional<Index> from = landscape.point_at(0);
  const std::optional<Index> to = landscape.point_at(1);
  if (from && to) {
    result.return_change = landscape.values(*to, returns) - landscape.values(*from, returns);
    result.surrogate_change = landscape.values(*to, surrogate) - landscape.values(*from, surrogate);
  }
  return result;
}

}  // namespace vantage

#endif
