// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_CATEGORICAL_HPP
#define VANTAGE_POLICY_CATEGORICAL_HPP

#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>

#include "vantage/core/types.hpp"

/// Formulas of one categorical distribution over 0 .. K - 1; vectors of size K, any Eigen expressions. A logit of minus
/// infinity takes its entry out: it has probability 0, and 0 log 0 is 0. Pre: one logit at least is finite.
namespace vantage::categorical {

/// The first of the largest entries; 0 where the first entry is not a number.
template <class Scores>
[[nodiscard]] Index mode(const Scores& scores) {
  Index best = 0;
  for (Index k = 1; k < scores.size(); ++k) {
    if (scores[k] > scores[best]) best = k;
  }
  return best;
}

/// Of several distributions whose scores lie one after the other, so many each: the modes of every column, a row each.
/// Shapes: scores sum(choices) x n, modes choices.size() x n.
template <class Scores, class Modes>
void modes(const Scores& scores, std::span<const Index> choices, Modes&& modes) {
  using S = typename std::decay_t<Modes>::Scalar;
  for (Index n = 0; n < scores.cols(); ++n) {
    Index first = 0;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      modes(static_cast<Index>(i), n) = static_cast<S>(mode(scores.col(n).segment(first, choices[i])));
      first += choices[i];
    }
  }
}

/// Writes log p_k = y_k - log sum_j exp(y_j), in nats. The largest logit is subtracted first, so that no exponential
/// overflows and one of them is 1.
template <class Logits, class LogProbs>
void log_softmax(const Logits& logits, LogProbs&& log_probs) {
  using S = typename Logits::Scalar;
  const S largest = logits[mode(logits)];
  S sum = 0;
  for (Index k = 0; k < logits.size(); ++k) sum += std::exp(logits[k] - largest);
  const S log_sum = std::log(sum);
  for (Index k = 0; k < logits.size(); ++k) log_probs[k] = (logits[k] - largest) - log_sum;
}

/// The value at u of the inverse distribution function: for u uniform on [0, 1) a draw. Never one of probability 0.
template <class LogProbs>
[[nodiscard]] Index sample(const LogProbs& log_probs, double u) {
  for (Index k = 0; k < log_probs.size(); ++k) {
    u -= std::exp(static_cast<double>(log_probs[k]));
    if (u < 0) return k;
  }
  // rounding left a gap below 1
  return mode(log_probs);
}

/// Entropy in nats; of independent distributions, one after the other, that of all together.
template <class LogProbs>
[[nodiscard]] typename LogProbs::Scalar entropy(const LogProbs& log_probs) {
  using S = typename LogProbs::Scalar;
  S sum = 0;
  for (Index k = 0; k < log_probs.size(); ++k) {
    const S p = std::exp(log_probs[k]);
    if (p != 0) sum -= p * log_probs[k];
  }
  return sum;
}

/// KL(p || q) in nats; of independent distributions as above.
template <class LogP, class LogQ>
[[nodiscard]] typename LogP::Scalar kl_divergence(const LogP& log_p, const LogQ& log_q) {
  using S = typename LogP::Scalar;
  S sum = 0;
  for (Index k = 0; k < log_p.size(); ++k) {
    const S p = std::exp(log_p[k]);
    if (p != 0) sum += p * (log_p[k] - log_q[k]);
  }
  return sum;
}

}  // namespace vantage::categorical

#endif
