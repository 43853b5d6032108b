// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_VALUE_QUALITY_HPP
#define VANTAGE_DIAGNOSTICS_VALUE_QUALITY_HPP

#include <vector>

#include "vantage/advantage/backward_sum.hpp"
#include "vantage/advantage/successor_values.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/diagnostics/return_samples.hpp"
#include "vantage/diagnostics/value_error.hpp"

namespace vantage {

/// How well a value function predicts, on one batch.
struct ValueQuality {
  ValueError targets;  ///< against what it is fitted to, such as the lambda returns of GAE
  ValueError returns;  ///< against the discounted returns of the episodes
};

/// Which samples returns are compared on, and what a return is.
enum class ComparedReturns {
  complete,  ///< those of episodes that terminated within the batch: nothing of their return is guessed
  all,       ///< all, an episode that goes on beyond the batch or its time limit with V(true successor) for its rest
  published  ///< all, with nothing for that rest, as the code of the source has it: returns are cut off there
};

/// `value` against the targets of `estimate`, which were formed before the value learned, and against the returns of
/// the batch. Rewards are the batch's, scaled where it scales them. The errors of returns are NaN where fewer than two
/// samples are left. Shapes: estimate.value_targets N. Throws: std::invalid_argument for targets that are not one a
/// sample. Source: Ilyas et al. 2020, arXiv 1811.02553 section 2.2.
template <class S, ValueFunction<S> V>
[[nodiscard]] ValueQuality value_quality(const Batch<S>& batch, const AdvantageEstimate<S>& estimate, const V& value,
                                         double gamma, Context& context,
                                         ComparedReturns samples = ComparedReturns::complete) {
  require(estimate.value_targets.size() == batch.size(), "value_quality", "a target for each sample",
          estimate.value_targets.size());
  AdvantageEstimate<S> now;
  predict_values(batch, value, context, now);
  if (samples == ComparedReturns::published) {
    for (const Index n : batch.successor_samples) now.next_values[n] = 0;
  }
  Vector<S> returns(batch.size());
  discounted_returns(batch, now.next_values, gamma, returns);

  // what was not seen of a return has no weight where its episode terminated
  Vector<S> unseen(batch.size());
  unseen_weights(batch, gamma, unseen);
  std::vector<Index> chosen;
  for (Index n = 0; n < batch.size(); ++n) {
    if (samples != ComparedReturns::complete || unseen[n] == 0) chosen.push_back(n);
  }
  const Vector<double> values = now.values.template cast<double>();
  ValueQuality result{.targets = value_error(values, estimate.value_targets.template cast<double>()),
                      .returns = kNoValueError};
  if (chosen.size() >= 2) {
    result.returns = value_error(values(chosen), returns(chosen).template cast<double>());
  }
  return result;
}

}  // namespace vantage

#endif
