// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ADVANTAGE_GAE_HPP
#define VANTAGE_ADVANTAGE_GAE_HPP

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/advantage/backward_sum.hpp"
#include "vantage/advantage/successor_values.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/discount.hpp"
#include "vantage/core/error.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

/// What a value function is fitted to.
enum class ValueTargets {
  advantage_plus_value,  ///< the lambda return, A + V
  monte_carlo            ///< the discounted return, bootstrapped with V where an episode goes on beyond what was seen
};

/// Which value stands for what comes after a batch's end or a time limit.
enum class CutBootstrap {
  successor,  ///< that of the state the cut led to
  last_state  ///< that of the last state itself, as published code has it (modular_rl, and so Ilyas et al. 2020)
};

/// Generalised advantage estimation:
///
///     delta_t = r_t + gamma V(s_{t+1}) - V(s_t),    A_t = delta_t + gamma lambda A_{t+1}
///
/// V(s_{t+1}) is 0 after a termination and V(true successor) after a time limit or at the batch's end, which
/// `cut_bootstrap` may change; A_{t+1} is 0 after any of them. The value function is asked once for the batch and once
/// for those successors. Shapes: as Batch; estimate.advantages and estimate.value_targets TE. Cost: O(TE). Pre: 0 <=
/// gamma <= 1, 0 <= lambda <= 1. Throws: std::invalid_argument otherwise. Source: Schulman et al. 2016 (arXiv
/// 1506.02438), equations 11-16.
struct Gae {
  double gamma = kDefaultGamma;  ///< the agent's: sources and evaluations take it from here
  double lambda = 0.95;  ///< 0 trusts V after one step: bias; 1 trusts the rewards as far as they were seen: variance
  ValueTargets value_targets = ValueTargets::advantage_plus_value;  ///< what V is fitted to
  CutBootstrap cut_bootstrap = CutBootstrap::successor;             ///< which value stands for what a cut hides

  /// Writes all of the estimate.
  template <class S, ValueFunction<S> V>
  void operator()(const Batch<S>& batch, const V& value, Context& context, AdvantageEstimate<S>& estimate) const;
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <class S, ValueFunction<S> V>
void Gae::operator()(const Batch<S>& batch, const V& value, Context& context, AdvantageEstimate<S>& estimate) const {
  require(gamma >= 0 && gamma <= 1, "Gae", "0 <= gamma <= 1", gamma);
  require(lambda >= 0 && lambda <= 1, "Gae", "0 <= lambda <= 1", lambda);
  predict_values(batch, value, context, estimate);
  if (cut_bootstrap == CutBootstrap::last_state) {
    for (Index k = 0; k < batch.successor_count(); ++k) {
      const Index cut = batch.successor_samples[static_cast<std::size_t>(k)];
      estimate.next_values[cut] = estimate.values[cut];
    }
  }

  // backwards in time
  const S discount = static_cast<S>(gamma);
  const auto delta = [&](Index n, bool) {
    return batch.rewards(n) + discount * estimate.next_values[n] - estimate.values[n];
  };
  backward_sum(batch, static_cast<S>(gamma * lambda), delta, estimate.advantages);
  if (value_targets == ValueTargets::monte_carlo) {
    discounted_returns(batch, estimate.next_values, gamma, estimate.value_targets);
  } else {
    estimate.value_targets = estimate.advantages + estimate.values;
  }
}

}  // namespace vantage

#endif
