// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_HOELDER_HPP
#define VANTAGE_DIAGNOSTICS_HOELDER_HPP

#include <cmath>
#include <concepts>
#include <cstdint>
#include <stdexcept>

#include "vantage/core/random.hpp"
#include "vantage/diagnostics/intervals.hpp"

namespace vantage {

/// The distances at which an objective of T steps is rough where states part by exp(lambda) a step: below
/// `coarse` exp(-lambda T) it is smooth, with a huge slope, above `coarse` nothing is correlated any more. An exponent
/// is fitted between the two and nowhere else. Shapes: all scalars, `coarse` in the units of the direction. Throws:
/// std::invalid_argument unless lambda > 0, horizon >= 1 and coarse > 0.
[[nodiscard]] inline Interval rough_distances(double lambda, Index horizon, double coarse) {
  require(lambda > 0 && std::isfinite(lambda), "rough_distances", "a finite Lyapunov exponent > 0", lambda);
  require(horizon >= 1, "rough_distances", "horizon >= 1", horizon);
  require(coarse > 0 && std::isfinite(coarse), "rough_distances", "finite coarse > 0", coarse);
  return {coarse * std::exp(-lambda * static_cast<double>(horizon)), coarse};
}

/// Where and how finely hoelder_exponent looks.
struct HoelderOptions {
  Interval distances{1e-4, 1e-2};  ///< smallest and largest h
  Index scales = 12;               ///< values of h between them, equally spaced in log h
  Interval range{0, 1};            ///< of the base points along the direction, drawn uniformly
  Index points = 1000;             ///< base points, the same for all h
  Index blocks = 20;               ///< of base points, whose exponents give the interval
  double noise_variance = 0;       ///< of one evaluation of the objective: twice of it is taken off each S2
  std::uint64_t seed = 0;          ///< of the base points
};

/// How rough a function is along a line: S2(h) = E[(J(x + h) - J(x))^2] ~ h^(2 alpha). 1: as a differentiable function
/// (larger exponents cannot be told from 1); the graph of the section has dimension 2 - alpha.
struct HoelderReport {
  Estimate exponent;         ///< alpha, half the slope of log S2 over log h; 95 % by blocks
  Vector<double> distances;  ///< h
  Vector<double> structure;  ///< S2(h)
};

/// The Hoelder exponent of `objective(double x) -> double` by its structure function.
///
/// Throws: std::invalid_argument for impossible options; std::runtime_error where differences are not finite, or no
/// larger than the noise: then there is nothing to fit. Cost: points (scales + 1) evaluations. Source: Wang, Herbert
/// and Gao 2023, arXiv 2310.15418 (variance in place of the structure function).
template <std::invocable<double> Objective>
[[nodiscard]] HoelderReport hoelder_exponent(Objective&& objective, const HoelderOptions& options = {}) {
  constexpr const char* kWho = "hoelder_exponent";
  const Interval& h = options.distances;
  require(h.low > 0 && h.low < h.high && std::isfinite(h.high), kWho, "distances 0 < low < high",
          detail::join(h.low, " and ", h.high));
  require(options.scales >= 2, kWho, "scales >= 2", options.scales);
  require(options.range.low < options.range.high && std::isfinite(options.range.high - options.range.low), kWho,
          "a range low < high", detail::join(options.range.low, " and ", options.range.high));
  require(options.blocks >= 2 && options.points >= options.blocks, kWho, "two blocks of points at least",
          detail::join(options.blocks, " blocks of ", options.points, " points"));
  require(options.noise_variance >= 0 && std::isfinite(options.noise_variance), kWho, "finite noise_variance >= 0",
          options.noise_variance);

  const Vector<double> log_distances = Vector<double>::LinSpaced(options.scales, std::log(h.low), std::log(h.high));
  HoelderReport report{.exponent = {}, .distances = log_distances.array().exp(), .structure = {}};
  Matrix<double> squares = Matrix<double>::Zero(options.scales, options.blocks);
  const Index length = options.points / options.blocks;
  Rng rng(options.seed);
  for (auto block : squares.colwise()) {
    for (Index i = 0; i < length; ++i) {
      const double x = rng.uniform(options.range.low, options.range.high);
      const double base = objective(x);
      for (Index k = 0; k < options.scales; ++k) {
        const double difference = objective(x + report.distances[k]) - base;
        block[k] += difference * difference / static_cast<double>(length);
      }
    }
  }
  squares.array() -= 2 * options.noise_variance;
  report.structure = squares.rowwise().mean();
  const Vector<double> centred = log_distances.array() - log_distances.mean();
  const auto exponent = [&](const Vector<double>& structure) {
    if (!structure.allFinite() || structure.minCoeff() <= 0) {
      throw std::runtime_error(detail::join(kWho, ": expected differences larger than the noise, got squares of ",
                                            detail::Listed(structure)));
    }
    return 0.5 * centred.dot(Vector<double>(structure.array().log())) / centred.squaredNorm();
  };
  Vector<double> exponents(options.blocks);
  for (Index i = 0; i < options.blocks; ++i) exponents[i] = exponent(squares.col(i));
  report.exponent =
      student_estimate(exponent(report.structure), estimate_mean(exponents).standard_error, options.blocks - 1);
  return report;
}

}  // namespace vantage

#endif
