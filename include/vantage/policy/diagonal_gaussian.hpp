// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_DIAGONAL_GAUSSIAN_HPP
#define VANTAGE_POLICY_DIAGONAL_GAUSSIAN_HPP

#include <cmath>
#include <numbers>

#include "vantage/core/types.hpp"

/// Formulas of one diagonal normal distribution; vectors of size A, any Eigen expressions.
namespace vantage::diagonal_gaussian {

/// log N(action; mean, exp(log_std)^2), in nats, given inverse_std = exp(-log_std) as well.
template <class Mean, class LogStd, class InverseStd, class Action>
[[nodiscard]] typename Mean::Scalar log_prob(const Mean& mean, const LogStd& log_std, const InverseStd& inverse_std,
                                             const Action& action) {
  using S = typename Mean::Scalar;
  S sum = 0;
  for (Index i = 0; i < mean.size(); ++i) {
    const S z = (action[i] - mean[i]) * inverse_std[i];
    sum -= S(0.5) * z * z + log_std[i];
  }
  return sum - S(0.5) * static_cast<S>(mean.size()) * static_cast<S>(std::log(2 * std::numbers::pi));
}

/// The same, from the logarithms alone.
template <class Mean, class LogStd, class Action>
[[nodiscard]] typename Mean::Scalar log_prob(const Mean& mean, const LogStd& log_std, const Action& action) {
  return log_prob(mean, log_std, (-log_std).array().exp(), action);
}

/// Differential entropy in nats.
template <class LogStd>
[[nodiscard]] typename LogStd::Scalar entropy(const LogStd& log_std) {
  using S = typename LogStd::Scalar;
  return log_std.sum() + S(0.5) * static_cast<S>(log_std.size()) * static_cast<S>(1 + std::log(2 * std::numbers::pi));
}

/// KL(p || q) in nats.
template <class Mean, class LogStd>
[[nodiscard]] typename Mean::Scalar kl_divergence(const Mean& mean_p, const LogStd& log_std_p, const Mean& mean_q,
                                                  const LogStd& log_std_q) {
  using S = typename Mean::Scalar;
  S sum = 0;
  for (Index i = 0; i < mean_p.size(); ++i) {
    const S ratio = std::exp(2 * (log_std_p[i] - log_std_q[i]));
    const S shift = (mean_p[i] - mean_q[i]) * std::exp(-log_std_q[i]);
    sum += log_std_q[i] - log_std_p[i] + S(0.5) * (ratio + shift * shift - 1);
  }
  return sum;
}

}  // namespace vantage::diagonal_gaussian

#endif
