// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ADVANTAGE_REWARD_TO_GO_HPP
#define VANTAGE_ADVANTAGE_REWARD_TO_GO_HPP

#include <cmath>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/advantage/backward_sum.hpp"
#include "vantage/advantage/successor_values.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/discount.hpp"
#include "vantage/core/error.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

/// What is taken off the rewards to go. A baseline changes the variance of the gradient; it leaves its expectation
/// alone if it does not depend on the action that it judges.
enum class Baseline {
  none,           ///< 0
  average,        ///< mean of G over the batch; holds the sample's own G, so the gradient has a bias of order 1/n
  leave_one_out,  ///< mean of G over all samples of the other trajectories; 0 if there is no other
  value           ///< V(s)
};

/// REINFORCE: the rewards to go of each sample less a baseline,
///
///     G_t = sum_{k >= t} gamma^(k-t) r_k,    A_t = w_t (G_t - b_t),    value target G_t
///
/// The sum runs to the episode's termination. Where an episode goes on beyond what was seen (time limit, end of the
/// batch) V(true successor) stands for its rest, whatever the baseline: NoValue makes that 0, which is right only if
/// nothing of weight is left. w_t is 1, or with `discount_weights` the gamma^t of the policy gradient theorem, t the
/// steps since the episode's start, which may lie in an earlier batch. A trajectory is what one batch holds of one
/// episode; n of them. Shapes: as Batch; estimate TE. Cost: O(TE) and the predictions. Pre: 0 <= gamma <= 1. Throws:
/// std::invalid_argument otherwise. Source: Williams 1992; Sutton et al. 2000, theorem 1.
struct RewardToGo {
  double gamma = kDefaultGamma;        ///< the agent's: sources and evaluations take it from here
  Baseline baseline = Baseline::none;  ///< what is taken off the returns
  bool discount_weights = false;       ///< multiplies advantages with gamma^t

  /// Writes all of the estimate.
  template <class S, ValueFunction<S> V>
  void operator()(const Batch<S>& batch, const V& value, Context& context, AdvantageEstimate<S>& estimate) const {
    require(gamma >= 0 && gamma <= 1, "RewardToGo", "0 <= gamma <= 1", gamma);
    predict_values(batch, value, context, estimate);
    discounted_returns(batch, estimate.next_values, gamma, estimate.value_targets);

    const Vector<S>& returns = estimate.value_targets;
    switch (baseline) {
      case Baseline::none:
        estimate.advantages = returns;
        break;
      case Baseline::average:
        estimate.advantages = returns.array() - static_cast<S>(sum(returns) / count(batch));
        break;
      case Baseline::leave_one_out:
        leave_one_out(batch, estimate);
        break;
      case Baseline::value:
        estimate.advantages = returns - estimate.values;
        break;
    }
    if (discount_weights) discount(batch, estimate.advantages);
  }

 private:
  template <class S>
  static double count(const Batch<S>& batch) {
    return static_cast<double>(batch.size());
  }

  template <class S>
  static double sum(const Vector<S>& numbers) {
    double result = 0;
    for (const S number : numbers) result += static_cast<double>(number);
    return result;
  }

  // b = (sum of all G - sum of the trajectory's own) / (number of the others' samples)
  template <class S>
  static void leave_one_out(const Batch<S>& batch, AdvantageEstimate<S>& estimate) {
    const Vector<S>& returns = estimate.value_targets;
    const Index environments = batch.environments();
    const double total = sum(returns);
    for (Index e = 0; e < environments; ++e) {
      Index first = e;  // of the trajectory
      double own = 0;
      for (Index n = e; n < batch.size(); n += environments) {
        own += static_cast<double>(returns[n]);
        if (batch.endings(n) == Ending::none) continue;
        const Index others = batch.size() - (n - first) / environments - 1;
        const double mean = others > 0 ? (total - own) / static_cast<double>(others) : 0.0;
        for (Index i = first; i <= n; i += environments) estimate.advantages[i] = returns[i] - static_cast<S>(mean);
        first = n + environments;
        own = 0;
      }
    }
  }

  template <class S>
  void discount(const Batch<S>& batch, Vector<S>& advantages) const {
    const Index environments = batch.environments();
    for (Index e = 0; e < environments; ++e) {
      double weight = std::pow(gamma, static_cast<double>(batch.first_times[e]));
      for (Index n = e; n < batch.size(); n += environments) {
        advantages[n] *= static_cast<S>(weight);
        weight = batch.endings(n) == Ending::none ? weight * gamma : 1.0;
      }
    }
  }
};

}  // namespace vantage

#endif
