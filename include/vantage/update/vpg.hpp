// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_VPG_HPP
#define VANTAGE_UPDATE_VPG_HPP

#include <utility>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/update/policy_epochs.hpp"
#include "vantage/update/surrogate.hpp"

namespace vantage {

struct VpgOptions {
  OptimizerOptions optimizer = AdamOptions{};  ///< which optimiser, and its learning rate
  Index epochs = 1;                            ///< passes over the batch
  Index minibatch = 0;              ///< samples a step, drawn without replacement in each pass; 0: the whole batch
  bool importance_weights = false;  ///< ascend pi / pi_old A instead of log pi A: the difference shows after one step
  double max_gradient_norm = 0;     ///< l2 norm to which the gradient is clipped; 0: none
  AdvantageNormalization advantage_normalization =
      AdvantageNormalization::none;        ///< over what they get mean 0 and deviation 1
  Schedule entropy_coefficient = 0;        ///< weight of the mean entropy, finite
  AdaptiveRateOptions adaptive_rate = {};  ///< learning rate that follows the KL of the steps; off
  TrustRegionOptions trust_region = {};    ///< bounds, checked after each epoch; none
};

/// The vanilla policy gradient: one optimiser step an iteration on the whole batch, or several,
///
///     L(theta) = -1/N sum_n [A_n log pi(a_n|s_n; theta) + c H(s_n; theta)]
///
/// With importance weights the first term is A_n pi(a_n|s_n; theta) / pi_old(a_n|s_n). Cost: see PolicyEpochs.
/// Source: Sutton et al. 2000; Wang et al. 2025 (arXiv 2505.19247), equation 3.
template <class P>
class Vpg {
  static_assert(RegularizedPolicy<P>,
                "Vpg: expected a RegularizedPolicy, one with compare(after, ...) and "
                "score_gradient(observations, actions, weight, context, out, regularization).");

 public:
  using S = typename P::Scalar;

  /// Throws: std::invalid_argument for impossible options.
  explicit Vpg(const VpgOptions& options = {});

  [[nodiscard]] const VpgOptions& options() const { return options_; }
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
  VpgOptions options_;
  PolicyEpochs<P> epochs_;
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <class P>
Vpg<P>::Vpg(const VpgOptions& options) : options_(options), epochs_(policy_epochs_options(options), "Vpg") {}

template <class P>
PolicyReport Vpg<P>::operator()(P& policy, const Batch<S>& batch, const AdvantageEstimate<S>& estimate,
                                Context& context, const P* drawn_by) {
  // one instantiation for both surrogates
  const auto surrogate = [this](auto&&... arguments) {
    if (options_.importance_weights) {
      surrogate::ImportanceWeighted{}(arguments...);
    } else {
      surrogate::LogLikelihood{}(arguments...);
    }
  };
  return epochs_.run(policy, batch, estimate.advantages, context, surrogate, drawn_by);
}

}  // namespace vantage

#endif
