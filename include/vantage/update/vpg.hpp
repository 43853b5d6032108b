// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_VPG_HPP
#define VANTAGE_UPDATE_VPG_HPP

#include <cmath>
#include <optional>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/optim/adam.hpp"
#include "vantage/optim/gradient_clip.hpp"
#include "vantage/rollout/batch.hpp"
#include "vantage/update/policy_report.hpp"

namespace vantage {

struct VpgOptions {
  AdamOptions adam = {};              ///< learning rate, betas, epsilon
  double max_gradient_norm = 0;       ///< l2 norm to which the gradient is clipped; 0: none
  bool normalize_advantages = false;  ///< to mean 0 and deviation 1 over the batch
  TrustRegionOptions trust_region = {};
};

/// The vanilla policy gradient: one step of Adam an iteration, on the whole batch,
///
///     L(theta) = -1/N sum_n A_n log pi(a_n|s_n; theta)
///
/// Cost: one forward and one backward pass, and four forward passes for the report.
/// Source: Sutton et al. 2000; Wang et al. 2025 (arXiv 2505.19247), equation 3.
template <class P>
class Vpg {
 public:
  using S = typename P::Scalar;

  /// Throws: std::invalid_argument for a negative norm or an impossible trust region.
  explicit Vpg(const VpgOptions& options = {}) : options_(options), adam_(options.adam) {
    require(options.max_gradient_norm >= 0, "Vpg", "max_gradient_norm >= 0", options.max_gradient_norm);
    validate(options.trust_region);
  }

  [[nodiscard]] const VpgOptions& options() const { return options_; }
  [[nodiscard]] Adam<S>& adam() { return adam_; }

  PolicyReport operator()(P& policy, const Batch<S>& batch, const AdvantageEstimate<S>& estimate, Context& context) {
    // one snapshot: to measure the step, and to take it back
    if (before_) {
      *before_ = policy;
    } else {
      before_ = policy;
    }
    const bool may_revert = options_.trust_region.on_violation == OnViolation::revert;
    adam_.prepare(policy.parameters().size());
    if (may_revert) adam_before_ = adam_;

    const Vector<S>& advantages = estimate.advantages;
    const S count = static_cast<S>(advantages.size());
    S shift = 0;
    S scale = S(-1) / count;
    if (options_.normalize_advantages) {
      shift = advantages.mean();
      scale /= std::sqrt((advantages.array() - shift).square().mean()) + S(1e-8);
    }
    policy.score_gradient(
        batch.observations, batch.actions,
        [&](Index first, const VectorRef<S>&, VectorRef<S> weights) {
          weights = scale * (advantages.segment(first, weights.size()).array() - shift);
        },
        context, gradient_);

    PolicyReport report;
    report.epochs = 1;
    report.gradient_norm = static_cast<double>(clip_gradient_norm(gradient_, options_.max_gradient_norm));
    adam_.step(policy.parameters(), gradient_);
    report.step = measure_step(*before_, policy, batch, context, options_.trust_region.clip_range);
    report.violated = violates(report.step, options_.trust_region);
    if (report.violated && may_revert) {
      policy = *before_;
      adam_ = adam_before_;
      report.reverted = true;
    }
    return report;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("adam", adam_);
  }

 private:
  VpgOptions options_;
  Adam<S> adam_;
  Adam<S> adam_before_;
  std::optional<P> before_;
  Vector<S> gradient_;
};

}  // namespace vantage

#endif
