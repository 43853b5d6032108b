// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_POLICY_EPOCHS_HPP
#define VANTAGE_UPDATE_POLICY_EPOCHS_HPP

#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "vantage/advantage/advantage_normalization.hpp"
#include "vantage/core/blocks.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/shuffle.hpp"
#include "vantage/core/workspace.hpp"
#include "vantage/optim/gradient_clip.hpp"
#include "vantage/optim/optimizer.hpp"
#include "vantage/policy/regularization.hpp"
#include "vantage/rollout/batch.hpp"
#include "vantage/update/adaptive_rate.hpp"
#include "vantage/update/policy_report.hpp"
#include "vantage/update/policy_step.hpp"

namespace vantage {

/// What all first-order policy updates share.
struct PolicyEpochsOptions {
  OptimizerOptions optimizer = AdamOptions{};  ///< which one, and its learning rate
  Index epochs = 1;                            ///< passes over the batch
  Index minibatch = 0;                         ///< samples a step; 0: the whole batch
  double max_gradient_norm = 0;                ///< l2 norm to which the gradient is clipped; 0: none
  AdvantageNormalization advantage_normalization =
      AdvantageNormalization::none;        ///< over what advantages get mean 0 and deviation 1
  AdaptiveRateOptions adaptive_rate = {};  ///< learning rate that follows the KL; off
  TrustRegionOptions trust_region = {};    ///< bounds, checked after each epoch
  Schedule entropy_coefficient = 0;        ///< c, weight of the mean entropy
  bool needs_measure = false;              ///< the update goes on with how far it went
};

/// The fields of these names in the options of an update.
template <class Options>
[[nodiscard]] PolicyEpochsOptions policy_epochs_options(const Options& options) {
  return {.optimizer = options.optimizer,
          .epochs = options.epochs,
          .minibatch = options.minibatch,
          .max_gradient_norm = options.max_gradient_norm,
          .advantage_normalization = options.advantage_normalization,
          .adaptive_rate = options.adaptive_rate,
          .trust_region = options.trust_region,
          .entropy_coefficient = options.entropy_coefficient};
}

/// The options of an update whose Adam has epsilon 1e-5 unless another is named, as the code of PPO's authors does.
template <class Options>
[[nodiscard]] Options with_adam_of_ppo(Options options) {
  options.optimizer = with_epsilon_of_adam(options.optimizer, 1e-5);
  return options;
}

/// The range of ratios at the context's progress; infinite: none is clipped. Throws: std::invalid_argument unless >= 0.
[[nodiscard]] inline double clip_range_at(const Schedule& range, const Context& context, const char* who) {
  return range.at(context.progress(), who, "clip_range >= 0", 0, std::numeric_limits<double>::infinity());
}

/// Throws: std::invalid_argument for a schedule that is negative at some time.
inline void validate_clip_range(const Schedule& range, const char* who) {
  range.validate(who, "clip_range >= 0", 0, std::numeric_limits<double>::infinity());
}

/// Epochs of optimiser steps that ascend a surrogate objective on a batch, the trust region checked after each epoch:
/// the engine of Vpg, Ppo, PpoPenalty and JointUpdate. Of a minibatch of n samples a step follows
///
///     grad 1/n sum_i [surrogate(log pi(a_i|s_i), A_i) + c H(s_i) - kl_weight KL(before || pi)(s_i)]
///
/// The learning rate and c, the entropy coefficient, are those of the context's progress. Minibatches are drawn without
/// replacement from a stream that one number of the context's own starts.
template <class P>
class PolicyEpochs {
 public:
  using S = typename P::Scalar;

  /// What one step learns from: the batch, or the minibatch gathered last.
  struct Samples {
    const Matrix<S>& observations;   ///< O x n
    const Matrix<S>& actions;        ///< A x n
    const Vector<S>& old_log_probs;  ///< as the policy was that drew them, n
    const Vector<S>& advantages;     ///< normalised where that is asked for, n
    std::span<const Index> chosen;   ///< which samples of the batch; empty: all, in their order
  };

  /// The gradient of the policy's part alone, and all there is of a policy that shares nothing.
  struct ScoreGradient {
    /// Writes the sum of weighted scores, and what is added to it.
    template <class Weight>
    void operator()(const P& policy, const Samples& samples, const Weight& weight, Context& context,
                    Vector<S>& gradient, const Regularization<P>& regularization) const {
      policy.score_gradient(samples.observations, samples.actions, weight, context, gradient, regularization);
    }
  };

  /// `who` names the update in errors: a literal. Throws: std::invalid_argument for impossible options, such as
  /// advantages normalised over a minibatch of one: nothing is left of them.
  PolicyEpochs(const PolicyEpochsOptions& options, const char* who)
      : options_(options), who_(who), optimizer_(options.optimizer), rate_(options.adaptive_rate) {
    require(options.epochs >= 1, who, "epochs >= 1", options.epochs);
    require(options.minibatch >= 0, who, "minibatch >= 0", options.minibatch);
    require(options.minibatch != 1 || options.advantage_normalization != AdvantageNormalization::minibatch, who,
            "minibatches of two samples or more, normalised by themselves", options.minibatch);
    require(options.max_gradient_norm >= 0, who, "max_gradient_norm >= 0", options.max_gradient_norm);
    validate(options.trust_region);
    options.entropy_coefficient.validate(who, kEntropy, kLeastEntropy);
  }

  [[nodiscard]] Optimizer<S>& optimizer() { return optimizer_; }

  /// Shows every step to `observer`; an empty one ends that.
  void observe_steps(StepObserver<P> observer) { observer_ = std::move(observer); }

  /// What the reports count as clipped.
  void set_clip_range(double range) { options_.trust_region.clip_range = range; }

  /// Whether of a batch of so many samples its steps see a part.
  [[nodiscard]] bool uses_minibatches(Index samples) const {
    return options_.minibatch > 0 && options_.minibatch < samples;
  }

  /// surrogate(log_probs, old_log_probs, advantages, slopes) writes d surrogate / d log pi of some samples.
  /// `drawn_by` is the policy that drew the batch, where it is not the one given: KL is measured from it.
  /// gradient(policy, samples, weight, context, out, regularization) writes what a step descends; see ScoreGradient.
  /// Cost: `epochs` forward and backward passes, and two forward passes for a measure of the step: one at the end where
  /// the context measures, or after every epoch where something depends on it.
  template <class Surrogate, class Gradient = ScoreGradient>
  PolicyReport run(P& policy, const Batch<S>& batch, const Vector<S>& advantages, Context& context,
                   const Surrogate& surrogate, const P* drawn_by, const Gradient& gradient = {}, double kl_weight = 0) {
    begin(drawn_by == nullptr ? policy : *drawn_by, batch, advantages, context);
    const Index size = uses_minibatches(batch.size()) ? options_.minibatch : batch.size();
    const double share = 1 / static_cast<double>(size);
    const double entropy_weight = options_.entropy_coefficient.at(context.progress(), who_, kEntropy, kLeastEntropy);
    const Regularization<P> regularization{.entropy_weight = static_cast<S>(-share * entropy_weight),
                                           .kl_weight = static_cast<S>(share * kl_weight),
                                           .reference = &*work_->before};
    const bool adapts_every_step = rate_.adapts_every(AdaptEvery::minibatch);
    if (adapts_every_step) work_->divergences.resize(size);
    PolicyReport report;
    Index made = 0;
    const auto observe = [&](bool finished) {
      if (observer_) observer_({*work_->before, policy, batch, advantages, made, finished}, context);
    };
    while (report.epochs < options_.epochs && !report.stopped) {
      remember_epoch(policy);
      for (Index step = 0; step < batch.size() / size; ++step) {
        observe(false);
        const Samples samples = next(batch);
        gradient(
            policy, samples,
            [&](Index first, const VectorRef<S>& log_probs, VectorRef<S> weights) {
              const Index count = weights.size();
              surrogate(log_probs, samples.old_log_probs.segment(first, count),
                        samples.advantages.segment(first, count), weights);
              weights *= static_cast<S>(-share);
              if (!adapts_every_step) return;
              const auto log_ratios = log_probs.array() - samples.old_log_probs.segment(first, count).array();
              work_->divergences.segment(first, count) = log_ratios.expm1() - log_ratios;
            },
            context, work_->gradient, regularization);
        if (adapts_every_step) {
          share_blocks(context, size, work_->divergences.data());
          rate_.observe(work_->divergences.template cast<double>().mean(), optimizer_.learning_rate());
        }
        report.gradient_norm = static_cast<double>(clip_gradient_norm(work_->gradient, options_.max_gradient_norm));
        report.learning_rate = optimizer_.learning_rate() * rate_.factor();
        optimizer_.step(policy.parameters(), work_->gradient, rate_.factor());
        ++made;
      }
      ++report.epochs;
      const bool finished = report.epochs == options_.epochs;
      if (!checks_every_epoch() && !(finished && (options_.needs_measure || context.measures()))) {
        if (finished) report.step = not_measured();
        continue;
      }

      // how far the update has gone, and whether it may go on
      report.step = measure_step(*work_->before, policy, batch, context, options_.trust_region.clip_range);
      if (rate_.adapts_every(AdaptEvery::epoch)) rate_.observe(report.step.mean_kl, optimizer_.learning_rate());
      if (!violates(report.step, options_.trust_region)) continue;
      report.violated = true;
      report.stopped = options_.trust_region.on_violation != OnViolation::observe;
      if (options_.trust_region.on_violation == OnViolation::revert) {
        policy.parameters() = work_->epoch_parameters;
        optimizer_ = work_->epoch_optimizer;
        report.reverted = true;
      }
    }
    observe(true);
    return report;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("optimizer", optimizer_);
    archive("adaptive_rate", rate_);
  }

 private:
  void begin(const P& drawn_by, const Batch<S>& batch, const Vector<S>& advantages, Context& context) {
    require_fit("PolicyEpochs", drawn_by, batch);
    require(advantages.size() == batch.size(), "PolicyEpochs", "an advantage for each sample", advantages.size());
    if (work_->before) {
      *work_->before = drawn_by;
    } else {
      work_->before = drawn_by;
    }
    optimizer_.prepare(drawn_by.parameters().size());
    optimizer_.set_progress(context.progress());
    work_->advantages = advantages;
    const bool has_minibatches = uses_minibatches(batch.size());
    const AdvantageNormalization normalization = options_.advantage_normalization;
    require(batch.size() > 1 || normalization == AdvantageNormalization::none, who_,
            "a batch of two samples or more, for normalised advantages", batch.size());
    if (normalization == AdvantageNormalization::batch ||
        (normalization == AdvantageNormalization::minibatch && !has_minibatches)) {
      normalize_advantages(work_->advantages);
    }
    if (!has_minibatches) return;
    work_->shuffle.begin(batch.size(), Rng(context.rng()(), StreamPurpose::minibatch));
    work_->minibatch_observations.resize(batch.observations.rows(), options_.minibatch);
    work_->minibatch_actions.resize(batch.actions.rows(), options_.minibatch);
    work_->minibatch_log_probs.resize(options_.minibatch);
    work_->minibatch_advantages.resize(options_.minibatch);
  }

  [[nodiscard]] bool checks_every_epoch() const {
    return rate_.adapts_every(AdaptEvery::epoch) || is_checked(options_.trust_region);
  }

  void remember_epoch(const P& policy) {
    if (options_.trust_region.on_violation != OnViolation::revert) return;
    work_->epoch_parameters = policy.parameters();
    work_->epoch_optimizer = optimizer_;
  }

  Samples next(const Batch<S>& batch) {
    if (!uses_minibatches(batch.size()))
      return {batch.observations, batch.actions, batch.log_probs, work_->advantages, {}};
    const std::span<const Index> chosen = work_->shuffle.next(options_.minibatch);
    Index column = 0;
    for (const Index sample : chosen) {
      work_->minibatch_observations.col(column) = batch.observations.col(sample);
      work_->minibatch_actions.col(column) = batch.actions.col(sample);
      work_->minibatch_log_probs[column] = batch.log_probs[sample];
      work_->minibatch_advantages[column] = work_->advantages[sample];
      ++column;
    }
    if (options_.advantage_normalization == AdvantageNormalization::minibatch) {
      normalize_advantages(work_->minibatch_advantages);
    }
    return {work_->minibatch_observations, work_->minibatch_actions, work_->minibatch_log_probs,
            work_->minibatch_advantages, chosen};
  }

  static constexpr const char* kEntropy = "a finite entropy_coefficient";
  static constexpr double kLeastEntropy = std::numeric_limits<double>::lowest();

  struct Work {
    std::optional<P> before;  // the policy that drew the batch
    Vector<S> epoch_parameters;
    Optimizer<S> epoch_optimizer;
    Shuffle shuffle;
    Vector<S> gradient;
    Vector<S> divergences;  // of the step's samples
    Vector<S> advantages;
    Matrix<S> minibatch_observations;
    Matrix<S> minibatch_actions;
    Vector<S> minibatch_log_probs;
    Vector<S> minibatch_advantages;
  };

  PolicyEpochsOptions options_;
  const char* who_;
  Optimizer<S> optimizer_;
  AdaptiveRate rate_;
  StepObserver<P> observer_;
  Workspace<Work> work_;
};

}  // namespace vantage

#endif
