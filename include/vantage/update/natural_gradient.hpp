// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_NATURAL_GRADIENT_HPP
#define VANTAGE_UPDATE_NATURAL_GRADIENT_HPP

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/advantage/advantage_normalization.hpp"
#include "vantage/core/blocks.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/workspace.hpp"
#include "vantage/optim/conjugate_gradient.hpp"
#include "vantage/rollout/batch.hpp"
#include "vantage/update/policy_report.hpp"
#include "vantage/update/policy_step.hpp"

namespace vantage {

/// The defaults are TRPO; `{.backtracks = 0}` is NPG.
struct NaturalGradientOptions {
  double max_kl = 0.01;  ///< the step's radius: mean KL(before || after), in nats, of its quadratic model
  double step_size = 0;  ///< factor of the natural gradient, whatever its KL; 0: scaled to max_kl
  AdvantageNormalization advantage_normalization = AdvantageNormalization::none;  ///< or over the batch
  Index cg_iterations = 10;                                                       ///< Fisher products at the most
  double cg_tolerance = 1e-10;    ///< ends when |g - H x|^2 <= cg_tolerance |g|^2
  double damping = 0.1;           ///< c in H = F + c I
  bool damping_in_scale = true;   ///< max_kl bounds x'H x / 2; else x'F x / 2, which damping does not shrink
  double fisher_fraction = 1;     ///< share of the states that F is formed from, drawn anew each update
  Index backtracks = 10;          ///< times the step may be shortened; 0: it is taken as it is, and no rule is asked
  double backtrack_factor = 0.8;  ///< of one shortening; a step mostly fails by little, so a small cut keeps more of it
  bool require_improvement = true;       ///< accept only if the surrogate grew
  double kl_tolerance = 1;               ///< accept only if mean KL <= kl_tolerance max_kl; infinite: never measured
  double min_improvement_ratio = 0;      ///< accept only if the surrogate grew by this share of the expected; 0: off
  TrustRegionOptions trust_region = {};  ///< measured after the step
};

/// Throws: std::invalid_argument for an option that makes no sense.
inline void validate(const NaturalGradientOptions& options) {
  const char* const who = "NaturalGradient";
  require(options.max_kl > 0 && std::isfinite(options.max_kl), who, "finite max_kl > 0", options.max_kl);
  require(options.step_size >= 0 && std::isfinite(options.step_size), who, "finite step_size >= 0", options.step_size);
  require(options.damping >= 0 && std::isfinite(options.damping), who, "finite damping >= 0", options.damping);
  require(options.fisher_fraction > 0 && options.fisher_fraction <= 1, who, "0 < fisher_fraction <= 1",
          options.fisher_fraction);
  require(options.backtracks >= 0, who, "backtracks >= 0", options.backtracks);
  require(options.backtrack_factor > 0 && options.backtrack_factor < 1, who, "0 < backtrack_factor < 1",
          options.backtrack_factor);
  require(options.kl_tolerance > 0, who, "kl_tolerance > 0", options.kl_tolerance);
  require(options.min_improvement_ratio >= 0 && options.min_improvement_ratio < 1, who,
          "0 <= min_improvement_ratio < 1", options.min_improvement_ratio);
  validate(options.trust_region);
}

/// A policy that keeps what Fisher products at the same states and parameters have in common.
template <class P>
concept RecordingPolicy = requires(const P& policy, const Matrix<typename P::Scalar>& observations, Context& context,
                                   typename P::Activations& kept, Vector<typename P::Scalar>& out) {
  policy.record(observations, context, kept);
  policy.fisher_product(observations, out, context, out, &kept);
};

namespace detail {

template <class P>
struct KeptActivations {};

template <RecordingPolicy P>
struct KeptActivations<P> {
  typename P::Activations activations;
};

}  // namespace detail

/// The natural policy gradient, with the line search of TRPO:
///
///     g = 1/N sum_n A_n grad log pi(a_n|s_n),   x ~ (F + c I)^-1 g,   F the Hessian of the mean KL at its zero
///     theta' = theta + f^j sqrt(2 max_kl / x'H x) x
///
/// where x comes from conjugate gradients and j is the least of 0 .. backtracks at which the step keeps the rules: the
/// surrogate 1/N sum_n (ratio_n - 1) A_n grows, and the mean KL(before || after) stays within max_kl. Where none does,
/// or a number on the way is not finite, the policy stays as it was, to the bit.
/// Cost: a forward and a backward pass, a Fisher product for each iteration of conjugate gradients, two forward passes
/// for each try of the line search, and two for the report.
/// Source: Kakade 2001 (NPG); Schulman et al. 2015 (arXiv 1502.05477), section 6 and appendix C (TRPO).
template <class P>
class NaturalGradient {
  static_assert(
      !PolicyWithValue<P>,
      "NaturalGradient: this policy shares its parameters with a value function, which has no place in the "
      "policy's Fisher matrix. Give the value function a network of its own, or train both with JointUpdate.");
  static_assert(PolicyWithValue<P> || FisherPolicy<P>,
                "NaturalGradient: expected a FisherPolicy, one with fisher_product(observations, v, context, out).");

 public:
  using S = typename P::Scalar;

  /// Throws: std::invalid_argument for an option that makes no sense.
  explicit NaturalGradient(const NaturalGradientOptions& options = {});

  [[nodiscard]] const NaturalGradientOptions& options() const { return options_; }

  /// Shows the one step to `observer`, before and after; an empty one ends that.
  void observe_steps(StepObserver<P> observer) { observer_ = std::move(observer); }

  /// Throws: std::invalid_argument for a batch or advantages that do not fit.
  PolicyReport operator()(P& policy, const Batch<S>& batch, const AdvantageEstimate<S>& estimate, Context& context);

  template <class Archive>
  void serialize(Archive&) {}

 private:
  // weights = A_n / N, before ratios
  void weigh(const Vector<S>& advantages) {
    work_->weights = advantages;
    if (options_.advantage_normalization != AdvantageNormalization::none) {
      require(advantages.size() > 1, "NaturalGradient", "a batch of two samples or more, for normalised advantages",
              advantages.size());
      normalize_advantages(work_->weights);
    }
    work_->weights /= static_cast<S>(advantages.size());
    work_->log_probs.resize(advantages.size());
  }

  // direction ~ H^-1 g; returns the factor of the whole step, 0 for no step
  double direct(const Matrix<S>& observations, Context& context, NaturalStepReport& report) {
    const Matrix<S>& states = fisher_states(observations, context);
    const S damping = static_cast<S>(options_.damping);
    if constexpr (RecordingPolicy<P>) work_->before->record(states, context, work_->kept.activations);
    const ConjugateGradientReport solved = solver_(
        work_->gradient,
        [&](const Vector<S>& v, Vector<S>& product) {
          if constexpr (RecordingPolicy<P>) {
            work_->before->fisher_product(states, v, context, product, &work_->kept.activations);
          } else {
            work_->before->fisher_product(states, v, context, product);
          }
          product += damping * v;
        },
        work_->direction);
    report.cg_iterations = solved.iterations;
    report.cg_residual = solved.residual;
    report.curvature = solved.curvature;
    if (!options_.damping_in_scale) {
      report.curvature -= options_.damping * work_->direction.template cast<double>().squaredNorm();
    }
    if (!(report.curvature > 0)) return 0;
    const double scale =
        options_.step_size > 0 ? options_.step_size : std::sqrt(2 * options_.max_kl / report.curvature);
    const double slope = work_->gradient.template cast<double>().dot(work_->direction.template cast<double>());
    if (!std::isfinite(scale * slope)) return 0;
    report.expected_improvement = scale * slope;
    return scale;
  }

  // takes the first step that keeps the rules, or none
  void search(P& policy, const Batch<S>& batch, double scale, Context& context, NaturalStepReport& report) {
    double fraction = 1;
    for (Index tries = 0; tries <= options_.backtracks; ++tries, fraction *= options_.backtrack_factor) {
      policy.parameters() = work_->before->parameters() + static_cast<S>(scale * fraction) * work_->direction;
      report.backtracks = tries;
      report.improvement = improvement(policy, batch, context);
      report.accepted = std::isfinite(report.improvement) && policy.parameters().allFinite() &&
                        (options_.backtracks == 0 ||
                         accepts(policy, batch, fraction * report.expected_improvement, report.improvement, context));
      if (report.accepted) {
        report.step_fraction = fraction;
        return;
      }
    }
    policy.parameters() = work_->before->parameters();
  }

  // whether a candidate keeps the rules
  bool accepts(const P& candidate, const Batch<S>& batch, double expected, double gained, Context& context) {
    if (options_.require_improvement && gained <= 0) return false;
    if (options_.min_improvement_ratio > 0 && gained < options_.min_improvement_ratio * expected) return false;
    if (options_.kl_tolerance == std::numeric_limits<double>::infinity()) return true;
    work_->numbers.resize(batch.size());
    work_->before->kl_divergence(candidate, batch.observations, context, work_->numbers);
    return work_->numbers.template cast<double>().mean() <= options_.kl_tolerance * options_.max_kl;
  }

  // sum_n w_n (pi'(a_n|s_n) / pi(a_n|s_n) - 1)
  double improvement(const P& candidate, const Batch<S>& batch, Context& context) {
    work_->numbers.resize(batch.size());
    candidate.log_prob(batch.observations, batch.actions, context, work_->numbers);
    double sum = 0;
    for (Index n = 0; n < batch.size(); ++n) {
      sum += static_cast<double>(work_->weights[n]) *
             std::expm1(static_cast<double>(work_->numbers[n]) - static_cast<double>(work_->log_probs[n]));
    }
    return sum;
  }

  // all states, or a random share of them in their order
  const Matrix<S>& fisher_states(const Matrix<S>& observations, Context& context) {
    const Index count = observations.cols();
    const Index chosen = std::max<Index>(1, std::llround(options_.fisher_fraction * static_cast<double>(count)));
    if (chosen >= count) return observations;
    work_->states.resize(observations.rows(), chosen);
    // a state is taken with probability (still wanted) / (still to come)
    for (Index n = 0, taken = 0; taken < chosen; ++n) {
      if (static_cast<Index>(context.rng().below(static_cast<std::uint64_t>(count - n))) < chosen - taken) {
        work_->states.col(taken++) = observations.col(n);
      }
    }
    return work_->states;
  }

  struct Work {
    std::optional<P> before;
    detail::KeptActivations<P> kept;
    Matrix<S> states;
    Vector<S> weights;
    Vector<S> log_probs;  // of the policy before the step
    Vector<S> gradient;
    Vector<S> direction;
    Vector<S> numbers;  // log-probabilities or divergences, one a sample
  };

  NaturalGradientOptions options_;
  ConjugateGradient<S> solver_;
  StepObserver<P> observer_;
  Workspace<Work> work_;
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <class P>
NaturalGradient<P>::NaturalGradient(const NaturalGradientOptions& options)
    : options_(options), solver_({.iterations = options.cg_iterations, .tolerance = options.cg_tolerance}) {
  validate(options);
}

template <class P>
PolicyReport NaturalGradient<P>::operator()(P& policy, const Batch<S>& batch, const AdvantageEstimate<S>& estimate,
                                            Context& context) {
  require_fit("NaturalGradient", policy, batch);
  require(estimate.advantages.size() == batch.size(), "NaturalGradient", "an advantage for each sample",
          estimate.advantages.size());
  // one snapshot: to search from, to measure the step, and to take it back
  work_->before = policy;
  const auto observe = [&](Index steps) {
    if (observer_) observer_({*work_->before, policy, batch, estimate.advantages, steps, steps > 0}, context);
  };
  observe(0);
  weigh(estimate.advantages);
  policy.score_gradient(
      batch.observations, batch.actions,
      [&](Index first, const VectorRef<S>& log_probs, VectorRef<S> weights) {
        // 1 where this policy drew the batch; one that an earlier policy drew is weighed to be this one's
        const auto ratios = (log_probs - batch.log_probs.segment(first, weights.size())).array().exp();
        work_->weights.segment(first, weights.size()).array() *= ratios;
        work_->log_probs.segment(first, weights.size()) = log_probs;
        weights = work_->weights.segment(first, weights.size());
      },
      context, work_->gradient);
  for (Vector<S>* numbers : {&work_->weights, &work_->log_probs}) share_blocks(context, batch.size(), numbers->data());

  PolicyReport report;
  report.epochs = 1;
  report.gradient_norm = static_cast<double>(work_->gradient.norm());
  const double scale = direct(batch.observations, context, report.natural);
  if (scale > 0) search(policy, batch, scale, context, report.natural);
  const bool measured = is_checked(options_.trust_region) || context.measures();
  report.step = measured ? measure_step(*work_->before, policy, batch, context, options_.trust_region.clip_range)
                         : not_measured();
  report.violated = measured && violates(report.step, options_.trust_region);
  report.stopped = report.violated && options_.trust_region.on_violation != OnViolation::observe;
  if (report.violated && options_.trust_region.on_violation == OnViolation::revert) {
    policy.parameters() = work_->before->parameters();
    report.reverted = true;
  }
  observe(1);
  return report;
}

}  // namespace vantage

#endif
