// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_SURROGATE_HPP
#define VANTAGE_UPDATE_SURROGATE_HPP

#include <type_traits>

#include "vantage/core/types.hpp"

/// Objectives of one sample, to be made large, as functions of log pi(a|s): each writes its derivative. With the ratio
/// rho = pi / pi_old and the advantage A. Shapes: everything N.
namespace vantage::surrogate {

/// log pi A, whose derivative is A: the policy gradient, right where pi = pi_old.
struct LogLikelihood {
  /// Writes the slopes A.
  void operator()(const auto&, const auto&, const auto& advantages, auto& slopes) const { slopes = advantages; }
};

/// rho A, whose derivative is rho A: the policy gradient for samples that another policy drew.
/// Source: Schulman et al. 2017 (arXiv 1707.06347), equation 6.
struct ImportanceWeighted {
  /// Writes the slopes rho A.
  void operator()(const auto& log_probs, const auto& old_log_probs, const auto& advantages, auto& slopes) const {
    slopes = (log_probs - old_log_probs).array().exp() * advantages.array();
    // nothing pulls where nothing was gained, also where rho is beyond all numbers
    for (Index n = 0; n < slopes.size(); ++n) {
      if (advantages[n] == 0) slopes[n] = 0;
    }
  }
};

/// min(rho A, clip(rho, 1 - range, 1 + range) A). The derivative is rho A, but exactly 0 where A > 0 and
/// rho > 1 + range, or A < 0 and rho < 1 - range. Source: Schulman et al. 2017 (arXiv 1707.06347), equation 7.
struct Clipped {
  double range = 0.2;  ///< of the ratio around 1; infinite: nothing is clipped

  /// Writes the slopes of a block.
  void operator()(const auto& log_probs, const auto& old_log_probs, const auto& advantages, auto& slopes) const {
    using S = typename std::decay_t<decltype(slopes)>::Scalar;
    const S low = static_cast<S>(1 - range);
    const S high = static_cast<S>(1 + range);
    slopes = (log_probs - old_log_probs).array().exp();
    for (Index n = 0; n < slopes.size(); ++n) {
      const S ratio = slopes[n];
      const S advantage = advantages[n];
      const bool is_clipped = (advantage > 0 && ratio > high) || (advantage < 0 && ratio < low);
      // an advantage of 0 pulls nowhere, also where the ratio is beyond all numbers
      slopes[n] = is_clipped || advantage == 0 ? S(0) : ratio * advantage;
    }
  }
};

}  // namespace vantage::surrogate

#endif
