// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_RANKS_HPP
#define VANTAGE_CORE_RANKS_HPP

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// Ranks from 1; equal numbers share the mean of theirs, and so do those that are no numbers, which rank lowest.
/// `order` is scratch that only grows. Shapes: ranks as sample. Cost: O(n log n).
inline void rank(ConstVectorRef<double> sample, std::vector<Index>& order, Vector<double>& ranks) {
  order.resize(static_cast<std::size_t>(sample.size()));
  ranks.resize(sample.size());
  std::iota(order.begin(), order.end(), Index{0});
  const auto less = [&](Index a, Index b) {
    return std::isnan(sample[a]) ? !std::isnan(sample[b]) : sample[a] < sample[b];
  };
  std::sort(order.begin(), order.end(), less);
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && !less(order[first], order[last + 1])) ++last;
    const double shared = 1 + 0.5 * static_cast<double>(first + last);
    for (; first <= last; ++first) ranks[order[first]] = shared;
  }
}

/// The same, as a vector of its own.
[[nodiscard]] inline Vector<double> ranks(ConstVectorRef<double> sample) {
  std::vector<Index> order;
  Vector<double> result;
  rank(sample, order, result);
  return result;
}

/// Pearson's correlation of two samples of ranks from 1; not a number where all of one are the same. Pre: of one size.
[[nodiscard]] inline double correlation_of_ranks(const Vector<double>& a, const Vector<double>& b) {
  VANTAGE_ASSERT(a.size() == b.size());
  // whatever is tied, n ranks have this mean
  const double mean = 0.5 * static_cast<double>(a.size() + 1);
  const double product = ((a.array() - mean) * (b.array() - mean)).sum();
  return product / std::sqrt((a.array() - mean).square().sum() * (b.array() - mean).square().sum());
}

}  // namespace vantage

#endif
