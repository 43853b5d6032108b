// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ADVANTAGE_SUCCESSOR_VALUES_HPP
#define VANTAGE_ADVANTAGE_SUCCESSOR_VALUES_HPP

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

/// Fills estimate.values with V(s) and estimate.next_values with V(s') of every sample: 0 after a termination, V of the
/// true successor after a time limit or at the batch's end. The value function is asked once for the batch and once for
/// those successors. Shapes: as Batch; estimate TE. Throws: std::invalid_argument for a value function of other inputs
/// than the batch's observations, or the critic's where it has them. Cost: one prediction a sample and a successor.
template <class S, ValueFunction<S> V>
void predict_values(const Batch<S>& batch, const V& value, Context& context, AdvantageEstimate<S>& estimate) {
  require_inputs("predict_values", value, batch.value_inputs().rows());
  const Index environments = batch.environments();
  const Index successors = batch.successor_count();
  estimate.resize(batch.size(), batch.successors.cols());
  value.predict(batch.value_inputs(), context, estimate.values);
  value.predict(batch.value_successors().leftCols(successors), context, estimate.successor_values.head(successors));

  // an episode that goes on does so in the next column; ends come after it
  Vector<S>& next = estimate.next_values;
  next.head(batch.size() - environments) = estimate.values.tail(batch.size() - environments);
  for (Index n = 0; n < batch.size(); ++n) {
    if (batch.endings(n) == Ending::terminated) next[n] = 0;
  }
  for (Index k = 0; k < successors; ++k) {
    next[batch.successor_samples[static_cast<std::size_t>(k)]] = estimate.successor_values[k];
  }
}

}  // namespace vantage

#endif
