// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_TRUE_VALUE_HPP
#define VANTAGE_DIAGNOSTICS_TRUE_VALUE_HPP

#include <algorithm>

#include "vantage/diagnostics/return_samples.hpp"
#include "vantage/diagnostics/value_error.hpp"
#include "vantage/value/adaptive_value_regression.hpp"

namespace vantage {

/// How fit_true_value learns, and when it ends.
struct TrueValueOptions {
  Index passes = 50;                           ///< over the samples, at the most
  Index patience = 3;                          ///< passes without a fall of the held-out error after which the fit ends
  double least_fall = 1e-4;                    ///< of that error, in deviations of the held-out returns
  Index minibatch = 512;                       ///< samples a step
  OptimizerOptions optimizer = AdamOptions{};  ///< which optimiser, and its learning rate
  double max_gradient_norm = 0;                ///< l2 norm to which the gradient is clipped; 0: none
};

/// How a value function was fitted to the returns of a frozen policy.
struct TrueValueReport {
  Vector<double> held_out_errors;  ///< root mean squared: before the first pass, and after each
  Index passes = 0;                ///< made
  Index best_pass = 0;             ///< the one that V is that of; 0: before the first
  double error = 0;                ///< root mean squared, on the samples learned from
  ValueError held_out = {};        ///< of V against the held-out returns, which scatter around even a perfect one
};

/// The true value function V* of a policy, as near as an architecture comes to it: regression on the returns of many
/// samples, in minibatches drawn without replacement, until the error on held-out ones falls no more; V becomes the
/// best of all passes. It begins with the parameters it has, and needs held-out samples of other episodes than those
/// learned from. One number of the context's stream is taken; the same bits for any number of threads.
///
/// Shapes: samples I x N, held_out I x M.
///
/// Throws: std::invalid_argument for impossible options, no sample to learn from, fewer than two held out, other inputs
/// than the value function's, or another discount of the held-out samples.
///
/// Cost: a forward and a backward pass of N samples and a forward pass of M samples a pass; memory of 8 N bytes and 3 N
/// scalars beside the samples.
///
/// Source: Ilyas et al. 2020 (arXiv 1811.02553), figure 4, of five million samples.
template <DifferentiableValue V>
TrueValueReport fit_true_value(V& value, const ReturnSamples<typename V::Scalar>& samples,
                               const ReturnSamples<typename V::Scalar>& held_out, Context& context,
                               const TrueValueOptions& options = {}) {
  using S = typename V::Scalar;
  constexpr const char* kWho = "fit_true_value";
  require(options.passes >= 0, kWho, "passes >= 0", options.passes);
  require(options.minibatch >= 1, kWho, "minibatch >= 1", options.minibatch);
  require(samples.size() >= 1, kWho, "samples to learn from", samples.size());
  require(held_out.size() >= 2, kWho, "two held-out samples at least", held_out.size());
  require(samples.options().gamma == held_out.options().gamma, kWho, "held-out samples of the same gamma",
          held_out.options().gamma);
  const Index steps_a_pass = std::max<Index>(samples.size() / options.minibatch, 1);
  AdaptiveValueRegression<S> regression(
      {.steps = options.passes * steps_a_pass,
       .optimizer = options.optimizer,
       .minibatch = options.minibatch,
       .max_gradient_norm = options.max_gradient_norm},
      {.check_every = steps_a_pass, .patience = options.patience, .least_fall = options.least_fall});
  const Vector<S> targets = samples.targets(), held_out_targets = held_out.targets();
  const ValueReport fit =
      regression.fit(value, samples.inputs(), targets, held_out.inputs(), held_out_targets, context.rng()(), context);
  Vector<S> values(held_out.size());
  value.predict(held_out.inputs(), context, values);
  return {.held_out_errors = regression.held_out().errors.head(regression.held_out().looks),
          .passes = fit.steps / steps_a_pass,
          .best_pass = regression.held_out().kept_steps / steps_a_pass,
          .error = fit.error_after,
          .held_out = value_error(values.template cast<double>(), held_out_targets.template cast<double>())};
}

}  // namespace vantage

#endif
