// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ADVANTAGE_ADVANTAGE_ESTIMATE_HPP
#define VANTAGE_ADVANTAGE_ADVANTAGE_ESTIMATE_HPP

#include <algorithm>
#include <limits>

#include "vantage/core/types.hpp"

namespace vantage {

/// What an advantage estimator makes of a batch; one entry a sample, in the batch's order.
template <class S>
struct AdvantageEstimate {
  Vector<S> advantages;        ///< what the policy update weighs the samples with
  Vector<S> value_targets;     ///< what the value function is to be fitted to
  Vector<S> values;            ///< V(s) before any update; not numbers where the estimator did not ask
  Vector<S> next_values;       ///< V(s'), 0 after a termination
  Vector<S> successor_values;  ///< V of Batch::successors

  /// Makes room; the same sizes allocate nothing.
  void resize(Index samples, Index successors) {
    advantages.resize(samples);
    value_targets.resize(samples);
    // who does not ask leaves them so
    values.setConstant(samples, std::numeric_limits<S>::quiet_NaN());
    next_values.resize(samples);
    successor_values.resize(std::max(successors, successor_values.size()));
  }
};

}  // namespace vantage

#endif
