// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ADVANTAGE_BACKWARD_SUM_HPP
#define VANTAGE_ADVANTAGE_BACKWARD_SUM_HPP

#include "vantage/core/types.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

/// Sums backwards in time along every episode of a batch:
///
///     out_t = term(t) + decay out_{t+1},    without out_{t+1} where the episode ends or the batch does
///
/// `term(n, goes_on)` is called once a sample. Shapes: out TE, sized by the caller. Cost: O(TE).
template <class S, class Term>
void backward_sum(const Batch<S>& batch, S decay, Term&& term, Vector<S>& out) {
  const Index environments = batch.environments();
  for (Index n = batch.size() - 1; n >= 0; --n) {
    const bool goes_on = batch.endings(n) == Ending::none;
    const S own = term(n, goes_on);
    out[n] = goes_on ? own + decay * out[n + environments] : own;
  }
}

/// The discounted rewards to go within each episode, with what the values say of the rest of an episode that goes on
/// beyond what was seen:
///
///     G_t = r_t + gamma G_{t+1},    G_t = r_t + gamma V(s_{t+1}) in the last step seen (0 after a termination)
///
/// Shapes: next_values and out TE (predict_values). Cost: O(TE).
template <class S>
void discounted_returns(const Batch<S>& batch, const Vector<S>& next_values, double gamma, Vector<S>& out) {
  const S discount = static_cast<S>(gamma);
  backward_sum(
      batch, discount,
      [&](Index n, bool goes_on) { return goes_on ? batch.rewards(n) : batch.rewards(n) + discount * next_values[n]; },
      out);
}

}  // namespace vantage

#endif
