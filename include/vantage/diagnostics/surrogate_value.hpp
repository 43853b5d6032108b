// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_SURROGATE_VALUE_HPP
#define VANTAGE_DIAGNOSTICS_SURROGATE_VALUE_HPP

#include <algorithm>
#include <cmath>

#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

/// What a batch says that a policy gains over the one that drew it, with the ratio rho = pi / pi_drawn. All 0 for the
/// policy that drew the batch. In sample, on the batch that an update learned from, it promises more than on a batch
/// that the update did not see.
struct SurrogateValue {
  double gain = 0;            ///< mean of (rho - 1) A
  double standard_error = 0;  ///< of the gain, as if samples were independent
  double clipped_gain = 0;    ///< mean of min(rho A, clip(rho, 1 - range, 1 + range) A) - A
};

/// Both surrogates of a policy, over what they are for the one that drew the batch; infinite range: none is clipped.
/// An advantage of 0 gains nothing, also where rho is beyond all numbers.
///
/// Shapes: advantages N. Throws: std::invalid_argument for a batch that does not fit the policy or has fewer than two
/// samples, another number of advantages, or a clip range below 0. Cost: a forward pass. Source: Schulman et al. 2015,
/// arXiv 1502.05477 equation 14; 2017, arXiv 1707.06347 equations 6 and 7.
template <StochasticPolicy P>
[[nodiscard]] SurrogateValue surrogate_value(const P& policy, const Batch<typename P::Scalar>& batch,
                                             const Vector<typename P::Scalar>& advantages, Context& context,
                                             double clip_range = 0.2) {
  constexpr const char* kWho = "surrogate_value";
  require_fit(kWho, policy, batch);
  require(batch.size() >= 2, kWho, "two samples at least", batch.size());
  require(advantages.size() == batch.size(), kWho, "an advantage a sample", advantages.size());
  require(clip_range >= 0, kWho, "clip_range >= 0", clip_range);
  Vector<typename P::Scalar> log_probs(batch.size());
  policy.log_prob(batch.observations, batch.actions, context, log_probs);
  Vector<double> gains(batch.size());
  SurrogateValue result;
  for (Index n = 0; n < batch.size(); ++n) {
    const auto advantage = static_cast<double>(advantages[n]);
    const double excess = std::expm1(static_cast<double>(log_probs[n]) - static_cast<double>(batch.log_probs[n]));
    gains[n] = advantage == 0 ? 0 : excess * advantage;
    result.gain += gains[n];
    result.clipped_gain += std::min(gains[n], std::clamp(excess, -clip_range, clip_range) * advantage);
  }
  const auto count = static_cast<double>(batch.size());
  result.gain /= count;
  result.clipped_gain /= count;
  result.standard_error = std::sqrt((gains.array() - result.gain).square().sum() / (count - 1) / count);
  return result;
}

}  // namespace vantage

#endif
