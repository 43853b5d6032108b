// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_STEP_DISTRIBUTION_HPP
#define VANTAGE_DIAGNOSTICS_STEP_DISTRIBUTION_HPP

#include <cmath>
#include <concepts>

#include "vantage/core/context.hpp"
#include "vantage/diagnostics/statistics.hpp"

namespace vantage {

/// What an update makes of one and the same agent when it is repeated with fresh samples.
struct StepDistribution {
  double before = 0;             ///< return of the agent
  Vector<double> after;          ///< n, return after each of the updates, in the order they were made
  double share_worse = 0;        ///< of updates after which the return is lower
  double share_worse_tenth = 0;  ///< lower by more than a tenth of |before|
  double share_worse_half = 0;   ///< lower by more than half of |before|

  /// The p-quantile of the returns after the update. Throws: std::invalid_argument for p outside [0, 1].
  [[nodiscard]] double quantile(double p) const { return vantage::quantile(after, p); }
};

/// `update_and_evaluate(Index repeat, Index worker) -> double` makes update number `repeat` on a copy of the agent,
/// from samples of its own, and returns what the copy then earns; repeats run on all threads, `worker` < threads tells
/// whose scratch memory to use. The same bits for any number of threads as long as a result depends on `repeat` alone.
/// Throws: std::invalid_argument for repeats < 1, or returns that are not finite.
template <std::invocable<Index, Index> UpdateAndEvaluate>
[[nodiscard]] StepDistribution step_distribution(double before, Index repeats, Context& context,
                                                 UpdateAndEvaluate&& update_and_evaluate) {
  require(repeats >= 1, "step_distribution", "repeats >= 1", repeats);
  require(std::isfinite(before), "step_distribution", "a finite return", before);
  StepDistribution result{.before = before, .after = Vector<double>(repeats)};
  context.pool().run(repeats,
                     [&](Index repeat, Index worker) { result.after[repeat] = update_and_evaluate(repeat, worker); });
  detail::require_sample("step_distribution", result.after);
  const auto share_below = [&](double limit) {
    return static_cast<double>((result.after.array() < limit).count()) / static_cast<double>(repeats);
  };
  result.share_worse = share_below(before);
  result.share_worse_tenth = share_below(before - 0.1 * std::abs(before));
  result.share_worse_half = share_below(before - 0.5 * std::abs(before));
  return result;
}

}  // namespace vantage

#endif
