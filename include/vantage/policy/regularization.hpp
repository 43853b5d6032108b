// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_REGULARIZATION_HPP
#define VANTAGE_POLICY_REGULARIZATION_HPP

namespace vantage {

/// What score_gradient may add to its sum, from the same pass: over the states s_n,
///
///     entropy_weight sum_n grad H(pi(.|s_n)) + kl_weight sum_n grad KL(reference(.|s_n) || pi(.|s_n))
template <class P>
struct Regularization {
  using S = typename P::Scalar;

  S entropy_weight = 0;          ///< of the entropies' gradients
  S kl_weight = 0;               ///< of the divergences' gradients
  const P* reference = nullptr;  ///< needed where kl_weight is not 0; of the same shape as the policy
};

}  // namespace vantage

#endif
