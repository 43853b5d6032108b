// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_VALUE_STEP_BOUND_HPP
#define VANTAGE_VALUE_VALUE_STEP_BOUND_HPP

#include <cmath>
#include <limits>

#include "vantage/core/error.hpp"

namespace vantage {

/// How many value steps keep V in step with a policy that learns: one policy step of rate beta_1 moves the targets by
/// K_1 beta_1^alpha, K_V value steps of rate beta_2 move V by K_2 K_V beta_2, so
///
///     K_V >= K_1 beta_1^alpha / (K_2 beta_2)
///
/// Source: Wang et al. 2025 (arXiv 2505.19247), theorem 5.2. The constants are to be measured; the paper has none.
struct ValueStepBound {
  double alpha = 1;          ///< Hoelder exponent of values as functions of the policy, in (0, 1]; 1: Lipschitz
  double target_change = 1;  ///< K_1 > 0
  double value_change = 1;   ///< K_2 > 0

  /// Not rounded; infinite for a value rate of 0. Pre: rates >= 0.
  [[nodiscard]] double operator()(double policy_rate, double value_rate) const {
    if (value_rate == 0) return std::numeric_limits<double>::infinity();
    return target_change * std::pow(policy_rate, alpha) / (value_change * value_rate);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("alpha", alpha);
    archive("target_change", target_change);
    archive("value_change", value_change);
  }
};

/// Throws: std::invalid_argument for an exponent outside (0, 1], or constants that are not finite and positive.
inline void validate(const ValueStepBound& bound) {
  const auto positive = [](double x) { return x > 0 && std::isfinite(x); };
  require(bound.alpha > 0 && bound.alpha <= 1, "ValueStepBound", "0 < alpha <= 1", bound.alpha);
  require(positive(bound.target_change), "ValueStepBound", "a finite target_change > 0", bound.target_change);
  require(positive(bound.value_change), "ValueStepBound", "a finite value_change > 0", bound.value_change);
}

}  // namespace vantage

#endif
