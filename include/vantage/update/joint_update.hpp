// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_JOINT_UPDATE_HPP
#define VANTAGE_UPDATE_JOINT_UPDATE_HPP

#include <cmath>
#include <utility>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/core/workspace.hpp"
#include "vantage/update/policy_epochs.hpp"
#include "vantage/update/surrogate.hpp"
#include "vantage/value/value_loss.hpp"

namespace vantage {

/// The defaults are A2C.
struct JointUpdateOptions {
  OptimizerOptions optimizer = RmsPropOptions{};  ///< which optimiser, and its learning rate
  Index epochs = 1;                               ///< passes over the batch
  Index minibatch = 0;               ///< samples a step, drawn without replacement in each pass; 0: the whole batch
  Schedule clip_range = 0;           ///< of the ratio around 1, as in Ppo; 0 throughout: the plain policy gradient
  double value_coefficient = 0.5;    ///< weight of the mean value loss
  ValueLossOptions value_loss = {};  ///< squared, Huber or clipped
  double max_gradient_norm = 0.5;    ///< l2 norm to which the whole gradient is clipped; 0: none
  AdvantageNormalization advantage_normalization =
      AdvantageNormalization::none;        ///< over what advantages get mean 0 and deviation 1
  Schedule entropy_coefficient = 0;        ///< weight of the mean entropy, finite
  AdaptiveRateOptions adaptive_rate = {};  ///< learning rate that follows the KL of the steps; off
  TrustRegionOptions trust_region = {};    ///< of the policy; a revert takes the value back too
};

/// One optimiser, one loss for a policy and a value function on shared hidden layers, such as ActorCritic:
///
///     L(theta) = -1/N sum_n [J_n(theta) - c_1 l(V(s_n; theta), target_n) + c_2 H(s_n; theta)]
///
/// where J_n is A_n log pi(a_n|s_n; theta) without a clip range and the clipped surrogate of PPO with one, and l is the
/// value loss: the squared miss, without a factor 1/2. Old values, for the clipped loss, are those that the advantages
/// were formed with. Cost: as PolicyEpochs; policy and value share each pass.
/// Source: Mnih et al. 2016 (arXiv 1602.01783), section 4; Schulman et al. 2017 (arXiv 1707.06347), equation 9.
template <class M>
class JointUpdate {
  static_assert(PolicyWithValue<M>,
                "JointUpdate: this policy is not a value function too. Use an ActorCritic, or give the value function "
                "an update of its own.");
  static_assert(!PolicyWithValue<M> || JointPolicy<M>,
                "JointUpdate: expected a JointPolicy, one with joint_gradient(observations, actions, weight, "
                "value_weight, context, out, regularization).");

 public:
  using S = typename M::Scalar;

  /// Throws: std::invalid_argument for impossible options.
  explicit JointUpdate(const JointUpdateOptions& options = {})
      : options_(options), epochs_(policy_epochs_options(options), "JointUpdate") {
    validate_clip_range(options.clip_range, "JointUpdate");
    require(options.value_coefficient >= 0 && std::isfinite(options.value_coefficient), "JointUpdate",
            "a finite value_coefficient >= 0", options.value_coefficient);
    validate(options.value_loss);
  }

  [[nodiscard]] const JointUpdateOptions& options() const { return options_; }
  [[nodiscard]] Optimizer<S>& optimizer() { return epochs_.optimizer(); }

  /// Shows every step to `observer`; an empty one ends that.
  void observe_steps(StepObserver<M> observer) { epochs_.observe_steps(std::move(observer)); }

  /// `drawn_by`: see PolicyEpochs.
  PolicyReport operator()(M& model, const Batch<S>& batch, const AdvantageEstimate<S>& estimate, Context& context,
                          const M* drawn_by = nullptr) {
    require(estimate.values.size() == batch.size() && estimate.value_targets.size() == batch.size(), "JointUpdate",
            "a value and a target for each sample", estimate.value_targets.size());
    // a range that falls to 0 goes on clipping: there no ratio moves away from 1
    const bool clips = !options_.clip_range.is_always(0);
    const double range = clip_range_at(options_.clip_range, context, "JointUpdate");
    if (clips) epochs_.set_clip_range(range);
    // one instantiation for both surrogates
    const auto surrogate = [clips, range](auto&&... arguments) {
      if (clips) {
        surrogate::Clipped{range}(arguments...);
      } else {
        surrogate::LogLikelihood{}(arguments...);
      }
    };
    return epochs_.run(model, batch, estimate.advantages, context, surrogate, drawn_by, gradient_of(estimate));
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("epochs", epochs_);
  }

 private:
  // of the policy's part and the value's, in one pass
  auto gradient_of(const AdvantageEstimate<S>& estimate) {
    return [this, &estimate](const M& model, const auto& samples, const auto& weight, Context& context,
                             Vector<S>& gradient, const Regularization<M>& regularization) {
      if (!samples.chosen.empty()) gather(estimate, samples.chosen);
      const Vector<S>& old_values = samples.chosen.empty() ? estimate.values : work_->minibatch_old_values;
      const Vector<S>& targets = samples.chosen.empty() ? estimate.value_targets : work_->minibatch_targets;
      const S scale = static_cast<S>(options_.value_coefficient / static_cast<double>(targets.size()));
      model.joint_gradient(
          samples.observations, samples.actions, weight,
          [&](Index first, const VectorRef<S>& values, VectorRef<S> weights) {
            const Index count = values.size();
            value_loss_slopes<S>(options_.value_loss, values, old_values.segment(first, count),
                                 targets.segment(first, count), scale, weights);
          },
          context, gradient, regularization);
    };
  }

  void gather(const AdvantageEstimate<S>& estimate, std::span<const Index> chosen) {
    work_->minibatch_old_values.resize(options_.minibatch);
    work_->minibatch_targets.resize(options_.minibatch);
    Index column = 0;
    for (const Index sample : chosen) {
      work_->minibatch_old_values[column] = estimate.values[sample];
      work_->minibatch_targets[column] = estimate.value_targets[sample];
      ++column;
    }
  }

  struct Work {
    Vector<S> minibatch_old_values;
    Vector<S> minibatch_targets;
  };

  JointUpdateOptions options_;
  PolicyEpochs<M> epochs_;
  Workspace<Work> work_;
};

}  // namespace vantage

#endif
