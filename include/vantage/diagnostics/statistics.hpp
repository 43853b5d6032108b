// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_STATISTICS_HPP
#define VANTAGE_DIAGNOSTICS_STATISTICS_HPP

#include <algorithm>
#include <cmath>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/ranks.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// Two ends of a confidence interval.
struct Interval {
  double low = 0;   ///< lower end
  double high = 0;  ///< upper end

  /// Whether a number lies between the ends, which belong to it.
  [[nodiscard]] bool contains(double number) const { return low <= number && number <= high; }
};

namespace detail {

inline void require_sample(const char* who, ConstVectorRef<double> sample, Index at_least = 1) {
  require(sample.size() >= at_least, who, at_least == 1 ? "a sample" : "a sample of at least two", sample.size());
  const auto bad = std::find_if_not(sample.begin(), sample.end(), [](double number) { return std::isfinite(number); });
  if (bad != sample.end()) require(false, who, "finite numbers", join(*bad, " at ", bad - sample.begin()));
}

}  // namespace detail

/// A sample that came one by one, in memory that is aligned as Eigen's. How Eigen sums what another container holds
/// depends on where that lies, and so would the last bit.
[[nodiscard]] inline Vector<double> as_vector(const std::vector<double>& sample) {
  return Vector<double>::Map(sample.data(), static_cast<Index>(sample.size()));
}

/// sqrt(sum_i (x_i - mean)^2 / (n - 1)). Throws: std::invalid_argument for n < 2 or what is not finite.
[[nodiscard]] inline double standard_deviation(ConstVectorRef<double> sample) {
  detail::require_sample("standard_deviation", sample, 2);
  return std::sqrt((sample.array() - sample.mean()).square().sum() / static_cast<double>(sample.size() - 1));
}

/// The p-quantile, linear between the order statistics: x_(h) for h = 1 + (n - 1) p, type 7 of Hyndman and Fan 1996.
/// Throws: std::invalid_argument for an empty sample, what is not finite, or p outside [0, 1]. Cost: O(n).
[[nodiscard]] inline double quantile(Vector<double> sample, double p) {
  detail::require_sample("quantile", sample);
  require(p >= 0 && p <= 1, "quantile", "p from 0 to 1", p);
  const double position = p * static_cast<double>(sample.size() - 1);
  const auto below = std::min(static_cast<Index>(position), sample.size() - 1);
  auto* const first = sample.data();
  auto* const last = first + sample.size();
  std::nth_element(first, first + below, last);
  const double share = position - static_cast<double>(below);
  if (share == 0) return sample[below];
  const double above = *std::min_element(first + below + 1, last);
  return sample[below] + share * (above - sample[below]);
}

/// Mean of what is left without the floor(n / 4) smallest and as many largest numbers: robust to runs that failed as a
/// median is, at a smaller variance. Throws: std::invalid_argument for an empty sample or what is not finite.
/// Source: Agarwal et al. 2021, arXiv 2108.13264 section 4.3; rliable's aggregate_iqm.
[[nodiscard]] inline double interquartile_mean(Vector<double> sample) {
  detail::require_sample("interquartile_mean", sample);
  std::sort(sample.begin(), sample.end());
  const Index cut = sample.size() / 4;
  return sample.segment(cut, sample.size() - 2 * cut).mean();
}

/// Spearman's rank correlation: Pearson's of the ranks. NaN where one of the samples is constant.
/// Throws: std::invalid_argument for samples of different sizes or fewer than two, or what is not finite.
[[nodiscard]] inline double spearman(ConstVectorRef<double> x, ConstVectorRef<double> y) {
  detail::require_sample("spearman", x, 2);
  detail::require_sample("spearman", y, 2);
  require(x.size() == y.size(), "spearman", "two samples of one size", detail::join(x.size(), " and ", y.size()));
  return correlation_of_ranks(ranks(x), ranks(y));
}

/// P(X > Y) + P(X = Y) / 2 over all pairs: how probable it is that a run of one method beats a run of the other.
/// Throws: std::invalid_argument for an empty sample or what is not finite. Cost: O((n + m) log(n + m)).
/// Source: Agarwal et al. 2021, arXiv 2108.13264 section 4.3 (Mann and Whitney's U / (n m)).
[[nodiscard]] inline double probability_of_improvement(ConstVectorRef<double> x, ConstVectorRef<double> y) {
  detail::require_sample("probability_of_improvement", x);
  detail::require_sample("probability_of_improvement", y);
  Vector<double> both(x.size() + y.size());
  both << x, y;
  const auto n = static_cast<double>(x.size());
  return (ranks(both).head(x.size()).sum() - 0.5 * n * (n + 1)) / (n * static_cast<double>(y.size()));
}

}  // namespace vantage

#endif
