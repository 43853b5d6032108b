// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_PPO_HPP
#define VANTAGE_UPDATE_PPO_HPP

#include <utility>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/update/policy_epochs.hpp"
#include "vantage/update/surrogate.hpp"

namespace vantage {

struct PpoOptions {
  OptimizerOptions optimizer =
      AdamOptions{};               ///< which optimiser, and its learning rate; of Adam, epsilon 1e-5 unless given
  Index epochs = 10;               ///< passes over the batch
  Index minibatch = 64;            ///< samples a step, drawn without replacement in each pass; 0: the whole batch
  Schedule clip_range = 0.2;       ///< of the ratio around 1; may fall to 0, from where no ratio moves away
  double max_gradient_norm = 0.5;  ///< l2 norm to which the gradient is clipped; 0: none
  AdvantageNormalization advantage_normalization =
      AdvantageNormalization::minibatch;   ///< over what they get mean 0 and deviation 1
  Schedule entropy_coefficient = 0;        ///< weight of the mean entropy, finite
  AdaptiveRateOptions adaptive_rate = {};  ///< learning rate that follows the KL of the steps; off
  TrustRegionOptions trust_region = {};    ///< early stopping: {.max_mean_kl = 0.015, .on_violation = stop}; its
                                           ///< clip_range is that above
};

/// Proximal policy optimisation with the clipped objective: epochs of minibatch steps that ascend
///
///     1/N sum_n [min(rho_n A_n, clip(rho_n, 1 - eps, 1 + eps) A_n) + c H(s_n)]
///
/// with the ratio rho_n = pi(a_n|s_n) / pi_old(a_n|s_n). A sample stops pulling when its ratio has left the range on
/// the side that its advantage asks for; nothing pulls it back. Cost: see PolicyEpochs. Source: Schulman et al. 2017
/// (arXiv 1707.06347), equation 7.
template <class P>
class Ppo {
  static_assert(RegularizedPolicy<P>,
                "Ppo: expected a RegularizedPolicy, one with compare(after, ...) and "
                "score_gradient(observations, actions, weight, context, out, regularization).");

 public:
  using S = typename P::Scalar;

  /// Throws: std::invalid_argument for impossible options.
  explicit Ppo(const PpoOptions& options = {});

  [[nodiscard]] const PpoOptions& options() const { return options_; }
  [[nodiscard]] Optimizer<S>& optimizer() { return epochs_.optimizer(); }

  /// Shows every step to `observer`; an empty one ends that.
  void observe_steps(StepObserver<P> observer) { epochs_.observe_steps(std::move(observer)); }

  /// Whether its steps on so many samples are too small to be worth more than one thread.
  [[nodiscard]] bool uses_minibatches(Index samples) const { return epochs_.uses_minibatches(samples); }

  /// `drawn_by` is the policy that drew the batch, where it is no longer the one given.
  PolicyReport operator()(P& policy, const Batch<S>& batch, const AdvantageEstimate<S>& estimate, Context& context,
                          const P* drawn_by = nullptr);

  template <class Archive>
  void serialize(Archive& archive) {
    archive("epochs", epochs_);
  }

 private:
  PpoOptions options_;
  PolicyEpochs<P> epochs_;
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <class P>
Ppo<P>::Ppo(const PpoOptions& options)
    : options_(with_adam_of_ppo(options)), epochs_(policy_epochs_options(options_), "Ppo") {
  require(!options.clip_range.is_always(0), "Ppo", "clip_range > 0", 0);
  validate_clip_range(options.clip_range, "Ppo");
}

template <class P>
PolicyReport Ppo<P>::operator()(P& policy, const Batch<S>& batch, const AdvantageEstimate<S>& estimate,
                                Context& context, const P* drawn_by) {
  const double range = clip_range_at(options_.clip_range, context, "Ppo");
  epochs_.set_clip_range(range);
  return epochs_.run(policy, batch, estimate.advantages, context, surrogate::Clipped{range}, drawn_by);
}

}  // namespace vantage

#endif
