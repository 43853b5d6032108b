// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_PPO_PENALTY_HPP
#define VANTAGE_UPDATE_PPO_PENALTY_HPP

#include <algorithm>
#include <cmath>
#include <utility>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/update/policy_epochs.hpp"
#include "vantage/update/surrogate.hpp"

namespace vantage {

struct PpoPenaltyOptions {
  OptimizerOptions optimizer =
      AdamOptions{};               ///< which optimiser, and its learning rate; of Adam, epsilon 1e-5 unless given
  Index epochs = 10;               ///< passes over the batch
  Index minibatch = 64;            ///< samples a step, drawn without replacement in each pass; 0: the whole batch
  double target_kl = 0.01;         ///< mean KL of an update that the penalty aims at, nats
  double initial_penalty = 1;      ///< first beta; it adapts within a few updates
  double tolerance = 1.5;          ///< beta grows above tolerance target_kl and shrinks below target_kl / tolerance
  double factor = 2;               ///< by which it does
  double min_penalty = 1e-4;       ///< beta stays within these bounds
  double max_penalty = 1e4;        ///< see min_penalty
  double max_gradient_norm = 0.5;  ///< l2 norm to which the gradient is clipped; 0: none
  AdvantageNormalization advantage_normalization =
      AdvantageNormalization::minibatch;   ///< over what they get mean 0 and deviation 1
  Schedule entropy_coefficient = 0;        ///< weight of the mean entropy, finite
  AdaptiveRateOptions adaptive_rate = {};  ///< learning rate that follows the KL of the steps; off
  TrustRegionOptions trust_region = {};    ///< early stopping; bounds of its own beside the penalty
};

/// Proximal policy optimisation with an adaptive KL penalty: epochs of minibatch steps that ascend
///
///     1/N sum_n [rho_n A_n - beta KL(pi_old(.|s_n) || pi(.|s_n)) + c H(s_n)],   rho_n = pi(a_n|s_n) / pi_old(a_n|s_n)
///
/// After the update, for the next one: beta doubles if the mean KL came out above 1.5 times its target and halves if it
/// came out below the target / 1.5. Cost: see PolicyEpochs, and a forward pass of the old policy in each.
/// Source: Schulman et al. 2017 (arXiv 1707.06347), equation 8 and section 4.
template <class P>
class PpoPenalty {
  static_assert(RegularizedPolicy<P>,
                "PpoPenalty: expected a RegularizedPolicy, one with compare(after, ...) and "
                "score_gradient(observations, actions, weight, context, out, regularization).");

 public:
  using S = typename P::Scalar;

  /// Throws: std::invalid_argument for impossible options.
  explicit PpoPenalty(const PpoPenaltyOptions& options = {});

  [[nodiscard]] const PpoPenaltyOptions& options() const { return options_; }
  [[nodiscard]] Optimizer<S>& optimizer() { return epochs_.optimizer(); }

  /// Shows every step to `observer`; an empty one ends that.
  void observe_steps(StepObserver<P> observer) { epochs_.observe_steps(std::move(observer)); }
  /// beta, for the next update.
  [[nodiscard]] double penalty() const { return penalty_; }

  /// Whether its steps on so many samples are too small to be worth more than one thread.
  [[nodiscard]] bool uses_minibatches(Index samples) const { return epochs_.uses_minibatches(samples); }

  /// `drawn_by` is the policy that drew the batch, where it is no longer the one given.
  PolicyReport operator()(P& policy, const Batch<S>& batch, const AdvantageEstimate<S>& estimate, Context& context,
                          const P* drawn_by = nullptr);

  template <class Archive>
  void serialize(Archive& archive) {
    archive("epochs", epochs_);
    archive("penalty", penalty_);
  }

 private:
  // the penalty follows the KL of every update
  static PolicyEpochsOptions epochs_options(const PpoPenaltyOptions& options) {
    PolicyEpochsOptions result = policy_epochs_options(options);
    result.needs_measure = true;
    return result;
  }

  PpoPenaltyOptions options_;
  PolicyEpochs<P> epochs_;
  double penalty_;
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <class P>
PpoPenalty<P>::PpoPenalty(const PpoPenaltyOptions& options)
    : options_(with_adam_of_ppo(options)),
      epochs_(epochs_options(options_), "PpoPenalty"),
      penalty_(options.initial_penalty) {
  const char* const who = "PpoPenalty";
  require(options.target_kl > 0 && std::isfinite(options.target_kl), who, "a finite target_kl > 0", options.target_kl);
  require(options.tolerance >= 1 && std::isfinite(options.tolerance), who, "a finite tolerance >= 1",
          options.tolerance);
  require(options.factor >= 1 && std::isfinite(options.factor), who, "a finite factor >= 1", options.factor);
  require(options.min_penalty >= 0 && std::isfinite(options.min_penalty), who, "a finite min_penalty >= 0",
          options.min_penalty);
  require(options.max_penalty >= options.min_penalty && std::isfinite(options.max_penalty), who,
          "a finite max_penalty >= min_penalty", options.max_penalty);
  require(options.initial_penalty >= options.min_penalty && options.initial_penalty <= options.max_penalty, who,
          "initial_penalty within min_penalty and max_penalty", options.initial_penalty);
}

template <class P>
PolicyReport PpoPenalty<P>::operator()(P& policy, const Batch<S>& batch, const AdvantageEstimate<S>& estimate,
                                       Context& context, const P* drawn_by) {
  PolicyReport report =
      epochs_.run(policy, batch, estimate.advantages, context, surrogate::ImportanceWeighted{}, drawn_by, {}, penalty_);
  report.kl_penalty = penalty_;
  if (report.step.mean_kl > options_.tolerance * options_.target_kl) {
    penalty_ = std::min(penalty_ * options_.factor, options_.max_penalty);
  } else if (report.step.mean_kl < options_.target_kl / options_.tolerance) {
    penalty_ = std::max(penalty_ / options_.factor, options_.min_penalty);
  }
  return report;
}

}  // namespace vantage

#endif
