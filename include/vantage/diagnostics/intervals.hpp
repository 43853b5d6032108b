// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_INTERVALS_HPP
#define VANTAGE_DIAGNOSTICS_INTERVALS_HPP

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "vantage/core/context.hpp"
#include "vantage/core/random.hpp"
#include "vantage/diagnostics/statistics.hpp"
#include "vantage/diagnostics/student.hpp"

namespace vantage {

/// A number that was estimated from a sample, and how well it is known.
struct Estimate {
  double value = 0;           ///< the number itself
  double standard_error = 0;  ///< standard deviation of its estimate
  Interval interval;          ///< value +- Student's factor times the standard error
};

/// The interval of an estimate whose standard error has so many degrees of freedom.
/// Throws: std::invalid_argument for degrees < 1 or a confidence outside [0, 1).
[[nodiscard]] inline Estimate student_estimate(double value, double standard_error, Index degrees,
                                               double confidence = 0.95) {
  const double half = student_factor(confidence, degrees) * standard_error;
  return {value, standard_error, {value - half, value + half}};
}

/// The mean of independent numbers. Throws: std::invalid_argument for fewer than two, or what is not finite.
[[nodiscard]] inline Estimate estimate_mean(ConstVectorRef<double> sample, double confidence = 0.95) {
  const double error = standard_deviation(sample) / std::sqrt(static_cast<double>(sample.size()));
  return student_estimate(sample.mean(), error, sample.size() - 1, confidence);
}

/// How stratified_bootstrap draws.
struct BootstrapOptions {
  Index draws = 2000;        ///< resampled tables
  double confidence = 0.95;  ///< of the two-sided interval, in (0, 1)
  std::uint64_t seed = 0;    ///< of the resampled tables
};

/// The percentile interval of a statistic of runs on several tasks, where runs of a task are drawn anew with
/// replacement and each task keeps its number of runs (strata are tasks). `statistic(scores) -> double`.
///
/// Shapes: scores runs x tasks, each column the runs of one task. The same bits for any number of threads.
/// Throws: std::invalid_argument for no runs or tasks, scores that are not finite, or impossible options.
/// Source: Agarwal et al. 2021, arXiv 2108.13264 section 4.1; rliable's StratifiedBootstrap.
template <std::invocable<const Matrix<double>&> Statistic>
[[nodiscard]] Interval stratified_bootstrap(const Matrix<double>& scores, Context& context, Statistic&& statistic,
                                            const BootstrapOptions& options = {}) {
  constexpr const char* kWho = "stratified_bootstrap";
  require(scores.size() > 0, kWho, "scores runs x tasks", detail::join(scores.rows(), " x ", scores.cols()));
  require(scores.allFinite(), kWho, "finite scores", "others");
  require(options.draws >= 2, kWho, "draws >= 2", options.draws);
  require(options.confidence > 0 && options.confidence < 1, kWho, "confidence between 0 and 1", options.confidence);
  Vector<double> results(options.draws);
  std::vector<Matrix<double>> tables(static_cast<std::size_t>(context.pool().size()), scores);
  context.pool().run(options.draws, [&](Index draw, Index worker) {
    Rng rng(options.seed, StreamPurpose::resampling, static_cast<std::uint64_t>(draw));
    Matrix<double>& drawn = tables[static_cast<std::size_t>(worker)];
    for (Index task = 0; task < scores.cols(); ++task) {
      for (Index run = 0; run < scores.rows(); ++run) {
        drawn(run, task) = scores(static_cast<Index>(rng.below(static_cast<std::uint64_t>(scores.rows()))), task);
      }
    }
    results[draw] = statistic(std::as_const(drawn));
  });
  const double tail = 0.5 * (1 - options.confidence);
  return {quantile(results, tail), quantile(results, 1 - tail)};
}

/// The jackknife interval of a statistic of n independent observations, such as gradients: it stays honest where the
/// statistic is a mean over pairs, whose n (n - 1) / 2 terms are not independent. `without` holds the statistics
/// theta_(i) that lack one observation each, `value` that of all; the standard error has n - 1 degrees of freedom:
///
///     sqrt((n - 1) / n sum_i (theta_(i) - mean)^2)
///
/// Throws: std::invalid_argument for n < 2, what is not finite, or a confidence outside (0, 1).
/// Source: Tukey 1958; Efron and Stein 1981.
[[nodiscard]] inline Estimate jackknife(double value, ConstVectorRef<double> without, double confidence = 0.95) {
  detail::require_sample("jackknife", without, 2);
  require(confidence > 0 && confidence < 1, "jackknife", "confidence between 0 and 1", confidence);
  const auto n = static_cast<double>(without.size());
  const double error = std::sqrt((n - 1) / n * (without.array() - without.mean()).square().sum());
  return student_estimate(value, error, without.size() - 1, confidence);
}

}  // namespace vantage

#endif
