// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ADVANTAGE_GAE_HPP
#define VANTAGE_ADVANTAGE_GAE_HPP

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

/// What a value function is fitted to.
enum class ValueTargets {
  advantage_plus_value,  ///< the lambda return, A + V
  monte_carlo            ///< the discounted return, bootstrapped with V where an episode goes on beyond what was seen
};

/// Generalised advantage estimation:
///
///     delta_t = r_t + gamma V(s_{t+1}) - V(s_t),    A_t = delta_t + gamma lambda A_{t+1}
///
/// V(s_{t+1}) is 0 after a termination and V(true successor) after a time limit or at the batch's end; A_{t+1} is 0
/// after any of them. The value function is asked once for the batch and once for those successors. Shapes: as Batch;
/// estimate.advantages and estimate.value_targets TE. Cost: O(TE). Pre: 0 <= gamma <= 1, 0 <= lambda <= 1. Throws:
/// std::invalid_argument otherwise. Source: Schulman et al. 2016 (arXiv 1506.02438), equations 11-16.
struct Gae {
  double gamma = 0.99;
  double lambda = 0.95;
  ValueTargets value_targets = ValueTargets::advantage_plus_value;

  template <class S, class V>
  void operator()(const Batch<S>& batch, const V& value, Context& context, AdvantageEstimate<S>& estimate) const {
    require(gamma >= 0 && gamma <= 1, "Gae", "0 <= gamma <= 1", gamma);
    require(lambda >= 0 && lambda <= 1, "Gae", "0 <= lambda <= 1", lambda);
    const Index environments = batch.environments();
    const Index successors = batch.successor_count();
    estimate.resize(batch.size(), batch.successors.cols());
    value.predict(batch.observations, context, estimate.values);
    value.predict(batch.successors.leftCols(successors), context, estimate.successor_values.head(successors));

    // V(s_{t+1}) of every sample, and whether its episode goes on in the next sample
    Vector<S>& next = estimate.next_values;
    next.head(batch.size() - environments) = estimate.values.tail(batch.size() - environments);
    for (Index n = 0; n < batch.size(); ++n) {
      if (batch.endings(n) == Ending::terminated) next[n] = 0;
    }
    for (Index k = 0; k < successors; ++k) {
      next[batch.successor_samples[static_cast<std::size_t>(k)]] = estimate.successor_values[k];
    }

    // backwards in time; a return is the same recursion with lambda = 1
    accumulate(batch, next, estimate.values, lambda, estimate.advantages);
    if (value_targets == ValueTargets::monte_carlo) {
      accumulate(batch, next, estimate.values, 1.0, estimate.value_targets);
      estimate.value_targets += estimate.values;
    } else {
      estimate.value_targets = estimate.advantages + estimate.values;
    }
  }

 private:
  template <class S>
  void accumulate(const Batch<S>& batch, const Vector<S>& next, const Vector<S>& values, double trace,
                  Vector<S>& out) const {
    const Index environments = batch.environments();
    const S discount = static_cast<S>(gamma);
    const S decay = static_cast<S>(gamma * trace);
    for (Index n = batch.size() - 1; n >= 0; --n) {
      const S delta = batch.rewards(n) + discount * next[n] - values[n];
      const bool goes_on = batch.endings(n) == Ending::none;
      out[n] = goes_on ? delta + decay * out[n + environments] : delta;
    }
  }
};

}  // namespace vantage

#endif
