// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_ADAPTIVE_VALUE_REGRESSION_HPP
#define VANTAGE_VALUE_ADAPTIVE_VALUE_REGRESSION_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "vantage/optim/schedule.hpp"
#include "vantage/value/held_out_samples.hpp"
#include "vantage/value/value_regression.hpp"
#include "vantage/value/value_step_bound.hpp"

namespace vantage {

/// What decides how many value steps an iteration makes.
enum class ValueStepRule {
  held_out,  ///< go on while the error on samples that no step sees is falling, and keep the best of V
  bound      ///< as many as ValueStepBound asks for
};

struct AdaptiveValueRegressionOptions {
  ValueStepRule rule = ValueStepRule::held_out;  ///< what ends the steps
  Index min_steps = 0;                           ///< least steps an iteration; the most are the regression's `steps`
  HeldOutOptions held_out = {};                  ///< which samples
  Index check_every = 10;                        ///< steps between two looks at the held-out error
  Index patience = 3;                            ///< looks without a fall after which the steps end
  double least_fall = 1e-3;     ///< of the error, in deviations of the held-out targets: a smaller one is none
  ValueStepBound bound = {};    ///< of the rule `bound`
  Schedule policy_rate = 3e-4;  ///< beta_1 of the rule `bound`: what the policy's optimiser has
};

/// What the held-out samples said in an iteration.
struct HeldOutReport {
  Vector<double> errors;  ///< root mean squared, at each look; only the first `looks` hold
  Index looks = 0;        ///< the first is before the first step
  Index samples = 0;      ///< held out
  Index kept_steps = 0;   ///< steps after which V was best, which it went back to; fewer than were made
};

/// A ValueRegression that makes as many steps as are worth making, from min_steps to the regression's `steps`.
///
/// Samples that are held out are no part of that iteration's steps; others are the next time. One number of the
/// context's stream starts both their choice and the minibatches.
///
/// Shapes: inputs I x N, targets N. Cost: that of the steps made, a copy of the inputs, and a forward pass of the
/// held-out samples a look. Allocates nothing after the first call of this N.
template <class S>
class AdaptiveValueRegression {
 public:
  /// Throws: std::invalid_argument for impossible options, or fewer steps than min_steps.
  explicit AdaptiveValueRegression(const ValueRegressionOptions& regression = {},
                                   const AdaptiveValueRegressionOptions& options = {})
      : options_(options),
        bound_(options.bound),
        regression_(regression),
        best_optimizer_(regression.optimizer),
        samples_(options.held_out) {
    constexpr const char* kWho = "AdaptiveValueRegression";
    require(options.min_steps >= 0 && options.min_steps <= regression.steps, kWho,
            "0 <= min_steps <= the steps of the regression", options.min_steps);
    require(options.check_every >= 1, kWho, "check_every >= 1", options.check_every);
    require(options.patience >= 1, kWho, "patience >= 1", options.patience);
    require(options.least_fall >= 0 && std::isfinite(options.least_fall), kWho, "a finite least_fall >= 0",
            options.least_fall);
    validate(bound_);
    options.policy_rate.validate(kWho, kPolicyRate);
    report_.errors.setZero((regression.steps - options.min_steps) / options.check_every + 3);
  }

  [[nodiscard]] const AdaptiveValueRegressionOptions& options() const { return options_; }
  [[nodiscard]] Optimizer<S>& optimizer() { return regression_.optimizer(); }
  /// Of the last iteration, by the rule `held_out`.
  [[nodiscard]] const HeldOutReport& held_out() const { return report_; }
  [[nodiscard]] const ValueStepBound& bound() const { return bound_; }

  /// Goes on with constants that were measured on the way; a checkpoint keeps them.
  /// Throws: std::invalid_argument for impossible ones.
  void set_bound(const ValueStepBound& bound) {
    validate(bound);
    bound_ = bound;
  }

  /// Whether its steps on so many samples are too small to be worth more than one thread.
  [[nodiscard]] bool uses_minibatches(Index samples) const {
    return regression_.uses_minibatches(options_.rule == ValueStepRule::bound ? samples
                                                                              : samples - samples_.count(samples));
  }
  /// Whether a call on so many samples takes a number of the context's stream; never more than one.
  [[nodiscard]] bool draws(Index samples) const {
    return options_.rule != ValueStepRule::bound || regression_.draws(samples);
  }

  /// The report counts the steps made; its errors are those on the samples learned from.
  /// Throws: as ValueRegression and HeldOutSamples.
  template <DifferentiableValue V>
  ValueReport operator()(V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, Context& context) {
    if (options_.rule == ValueStepRule::bound) return follow_bound(value, inputs, targets, context);
    const std::uint64_t seed = context.rng()();
    samples_.split(inputs, targets, Rng(seed, StreamPurpose::minibatch, 1));
    return fit(value, samples_.inputs(), samples_.targets(), samples_.held_out_inputs(), samples_.held_out_targets(),
               seed, context);
  }

  /// The same by the rule `held_out` with held-out samples of one's own; `seed` starts the minibatches.
  /// Shapes: inputs I x N, targets N, held_out_inputs I x M, held_out_targets M. Throws: as ValueRegression, and
  /// std::invalid_argument for no held-out samples.
  template <DifferentiableValue V>
  ValueReport fit(V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, ConstMatrixRef<S> held_out_inputs,
                  const Vector<S>& held_out_targets, std::uint64_t seed, Context& context) {
    require(held_out_inputs.cols() == held_out_targets.size() && held_out_targets.size() > 0, "AdaptiveValueRegression",
            "held-out samples with a target each", held_out_targets.size());
    require_inputs("AdaptiveValueRegression", value, held_out_inputs.rows());
    // so that the copies have their size from the first iteration on
    optimizer().prepare(value.parameters().size());
    ValueReport report = regression_.begin(value, inputs, targets, seed, context);
    const double worth = options_.least_fall * deviation(held_out_targets);
    double best = std::numeric_limits<double>::infinity();
    double reference = best;  // the error at the last fall
    Index without_fall = 0;
    double error = 0;
    report_.looks = 0;
    report_.samples = held_out_targets.size();
    report_.kept_steps = 0;
    const auto look = [&] {
      double unused = 0;
      regression_.measure(value, held_out_inputs, held_out_targets, context, error, unused);
      report_.errors[report_.looks++] = error;
      if (report.steps < options_.min_steps) return;
      if (error < best) {
        best = error;
        best_parameters_ = value.parameters();
        best_optimizer_ = optimizer();
        report_.kept_steps = report.steps;
      }
      without_fall = error < reference - worth ? 0 : without_fall + 1;
      if (without_fall == 0) reference = error;
    };
    const auto advance = [&](Index steps) {
      regression_.advance(value, inputs, targets, steps, context, report);
      look();
    };
    look();
    if (options_.min_steps > 0) advance(options_.min_steps);
    const Index most = regression_.options().steps;
    while (report.steps < most && without_fall < options_.patience && std::isfinite(error)) {
      advance(std::min(options_.check_every, most - report.steps));
    }
    if (!std::isfinite(error)) {
      // what steps on these samples too would have come to: training sees that it diverged
      value.parameters().setConstant(std::numeric_limits<S>::quiet_NaN());
    } else if (report_.kept_steps != report.steps) {
      value.parameters() = best_parameters_;
      optimizer() = best_optimizer_;
    }
    regression_.finish(value, inputs, targets, context, report);
    report.held_out_error = std::isfinite(error) ? best : error;
    return report;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("regression", regression_);
    archive("bound", bound_);
  }

 private:
  static constexpr const char* kPolicyRate = "a finite policy_rate >= 0";

  template <class V>
  ValueReport follow_bound(V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, Context& context) {
    const std::uint64_t seed = regression_.draws(inputs.cols()) ? context.rng()() : 0;
    ValueReport report = regression_.begin(value, inputs, targets, seed, context);
    const double policy_rate = options_.policy_rate.at(context.progress(), "AdaptiveValueRegression", kPolicyRate);
    const double needed = std::ceil(bound_(policy_rate, optimizer().learning_rate()));
    const auto most = static_cast<double>(regression_.options().steps);
    const double steps = std::clamp(needed, static_cast<double>(options_.min_steps), most);
    regression_.advance(value, inputs, targets, static_cast<Index>(steps), context, report);
    regression_.finish(value, inputs, targets, context, report);
    return report;
  }

  static double deviation(const Vector<S>& targets) {
    const auto t = targets.template cast<double>().array();
    return std::sqrt((t - t.mean()).square().mean());
  }

  AdaptiveValueRegressionOptions options_;
  ValueStepBound bound_;
  ValueRegression<S> regression_;
  HeldOutReport report_;
  Vector<S> best_parameters_;
  Optimizer<S> best_optimizer_;
  HeldOutSamples<S> samples_;
};

}  // namespace vantage

#endif
