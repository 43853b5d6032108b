// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_INTERVALS_HPP
#define VANTAGE_DIAGNOSTICS_INTERVALS_HPP

#include <cmath>
#include <concepts>

#include "vantage/core/context.hpp"
#include "vantage/core/random.hpp"
#include "vantage/diagnostics/statistics.hpp"
#include "vantage/diagnostics/student.hpp"

namespace vantage {

struct BootstrapOptions {
  Index draws = 2000;        ///< resampled tables
  double confidence = 0.95;  ///< of the two-sided interval, in (0, 1)
  std::uint64_t seed = 0;
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
  context.pool().run(options.draws, [&](Index draw, Index) {
    Rng rng(options.seed, StreamPurpose::resampling, static_cast<std::uint64_t>(draw));
    Matrix<double> drawn(scores.rows(), scores.cols());
    for (Index task = 0; task < scores.cols(); ++task) {
      for (Index run = 0; run < scores.rows(); ++run) {
        drawn(run, task) = scores(static_cast<Index>(rng.below(static_cast<std::uint64_t>(scores.rows()))), task);
      }
    }
    results[draw] = statistic(drawn);
  });
  const double tail = 0.5 * (1 - options.confidence);
  return {quantile(results, tail), quantile(results, 1 - tail)};
}

/// What leaving out one of n independent observations tells of a statistic of them all.
struct JackknifeReport {
  double mean = 0;            ///< of the n statistics that lack one
  double standard_error = 0;  ///< sqrt((n - 1) / n sum_i (theta_(i) - mean)^2)
  Interval interval;          ///< estimate +- t_{n-1} standard errors
};

/// The jackknife interval of a statistic of n independent observations, such as gradients: it stays honest where the
/// statistic is a mean over pairs, whose n (n - 1) / 2 terms are not independent. `without` holds the statistics that
/// lack one observation each, `estimate` that of all.
/// Throws: std::invalid_argument for n < 2, what is not finite, or a confidence outside (0, 1).
/// Source: Tukey 1958; Efron and Stein 1981.
[[nodiscard]] inline JackknifeReport jackknife(double estimate, ConstVectorRef<double> without,
                                               double confidence = 0.95) {
  detail::require_sample("jackknife", without, 2);
  require(confidence > 0 && confidence < 1, "jackknife", "confidence between 0 and 1", confidence);
  const auto n = static_cast<double>(without.size());
  JackknifeReport report{.mean = without.mean(), .interval = {}};
  report.standard_error = std::sqrt((n - 1) / n * (without.array() - report.mean).square().sum());
  const double half = student_factor(confidence, without.size() - 1) * report.standard_error;
  report.interval = {estimate - half, estimate + half};
  return report;
}

}  // namespace vantage

#endif
