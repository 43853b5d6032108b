// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_BATCH_NOISE_SCALE_HPP
#define VANTAGE_DIAGNOSTICS_BATCH_NOISE_SCALE_HPP

#include <algorithm>

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/diagnostics/gradient_quality.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

/// The noise scale of the policy gradient 1/N sum A_n grad log pi(a_n|s_n) from one batch alone: its parts, one after
/// another in time, are taken for independent. Neighbours in time are not, so that it is somewhat too low with few
/// long parts of one environment; what it shows is how it changes as training goes on.
///
/// Shapes: advantages N. Samples that do not fill the last part are left out. The same bits for any number of threads.
/// Throws: std::invalid_argument for fewer than two parts or samples than parts, or advantages that are not one a
/// sample or not finite. Cost: a pass forward and back; allocates the gradients, parts times as many numbers as the
/// policy has parameters. Source: McCandlish et al. 2018, arXiv 1812.06162 appendix A.1.
template <DifferentiablePolicy P>
[[nodiscard]] NoiseScale batch_noise_scale(const P& policy, const Batch<typename P::Scalar>& batch,
                                           const Vector<typename P::Scalar>& advantages, Context& context,
                                           Index parts = 8) {
  using S = typename P::Scalar;
  constexpr const char* kWho = "batch_noise_scale";
  require(parts >= 2 && parts <= batch.size(), kWho, "two parts at least, and no more than samples", parts);
  require(advantages.size() == batch.size(), kWho, "an advantage a sample", advantages.size());
  const Index size = batch.size() / parts;
  Matrix<double> gradients(policy.parameters().size(), parts);
  Vector<S> gradient(gradients.rows());
  for (Index part = 0; part < parts; ++part) {
    const Index first = part * size;
    policy.score_gradient(
        batch.observations.middleCols(first, size), batch.actions.middleCols(first, size),
        [&](Index at, const auto& log_probs, auto&& weights) {
          weights = advantages.segment(first + at, log_probs.size()) / static_cast<S>(size);
        },
        context, gradient);
    gradients.col(part) = gradient.template cast<double>();
  }
  return noise_scale(gradients, size);
}

}  // namespace vantage

#endif
