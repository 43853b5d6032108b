// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ADVANTAGE_ADVANTAGE_NORMALIZATION_HPP
#define VANTAGE_ADVANTAGE_ADVANTAGE_NORMALIZATION_HPP

#include <cmath>

#include "vantage/core/types.hpp"

namespace vantage {

/// Over which samples an update brings advantages to mean 0 and deviation 1 before they weigh the scores. Where there
/// are no minibatches the batch is the one.
enum class AdvantageNormalization { none, batch, minibatch };

/// A <- (A - mean) / (deviation + 1e-8), the deviation over N, not N - 1. Computed in double: of equal advantages
/// nothing may be left, and 1e-8 is below the rounding of single precision.
template <class S>
void normalize_advantages(Vector<S>& advantages) {
  const auto exact = advantages.template cast<double>().array();
  const double mean = exact.mean();
  const double deviation = std::sqrt((exact - mean).square().mean());
  advantages = ((exact - mean) / (deviation + 1e-8)).template cast<S>();
}

}  // namespace vantage

#endif
