// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_VALUE_REGRESSION_HPP
#define VANTAGE_VALUE_VALUE_REGRESSION_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/optim/adam.hpp"
#include "vantage/optim/gradient_clip.hpp"
#include "vantage/value/value_report.hpp"

namespace vantage {

struct ValueRegressionOptions {
  Index steps = 50;              ///< K_V: optimiser steps an iteration, each on one batch or minibatch
  AdamOptions adam = {};         ///< learning rate, betas, epsilon
  Index minibatch = 0;           ///< samples a step, drawn without replacement within a pass; 0: the whole batch
  double max_gradient_norm = 0;  ///< l2 norm to which the gradient is clipped; 0: none
};

/// K_V steps of Adam on the mean squared error to targets that stay fixed:
///
///     L(phi) = 1/N sum_n (V(input_n; phi) - target_n)^2
///
/// Shapes: inputs I x N, targets N. Cost: K_V forward and backward passes, and two forward passes for the report.
/// Source: Wang et al. 2025 (arXiv 2505.19247), algorithm 1 and section 5.
template <class S>
class ValueRegression {
 public:
  /// Throws: std::invalid_argument for a negative number of steps, minibatch size or norm.
  explicit ValueRegression(const ValueRegressionOptions& options = {}) : options_(options), adam_(options.adam) {
    require(options.steps >= 0, "ValueRegression", "steps >= 0", options.steps);
    require(options.minibatch >= 0, "ValueRegression", "minibatch >= 0", options.minibatch);
    require(options.max_gradient_norm >= 0, "ValueRegression", "max_gradient_norm >= 0", options.max_gradient_norm);
  }

  [[nodiscard]] const ValueRegressionOptions& options() const { return options_; }
  [[nodiscard]] Adam<S>& adam() { return adam_; }

  template <class V>
  ValueReport operator()(V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, Context& context) {
    VANTAGE_ASSERT(inputs.cols() == targets.size());
    ValueReport report;
    report.steps = options_.steps;
    measure(value, inputs, targets, context, report.error_before, report.explained_variance);
    const Index samples = inputs.cols();
    const Index minibatch = options_.minibatch == 0 ? samples : std::min(options_.minibatch, samples);
    position_ = samples;  // a pass does not go on from one batch into the next
    for (Index step = 0; step < options_.steps; ++step) {
      if (minibatch == samples) {
        report.gradient_norm = descend(value, inputs, targets, context);
      } else {
        draw(inputs, targets, minibatch, context);
        report.gradient_norm = descend(value, minibatch_inputs_, minibatch_targets_, context);
      }
    }
    double unused = 0;
    if (options_.steps > 0) measure(value, inputs, targets, context, report.error_after, unused);
    else report.error_after = report.error_before;
    return report;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("adam", adam_);
  }

 private:
  template <class V>
  double descend(V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, Context& context) {
    const S scale = S(2) / static_cast<S>(targets.size());
    value.gradient(
        inputs,
        [&](Index first, VectorRef<S> values, VectorRef<S> weights) {
          weights = scale * (values - targets.segment(first, values.size()));
        },
        context, gradient_);
    const double norm = static_cast<double>(clip_gradient_norm(gradient_, options_.max_gradient_norm));
    adam_.step(value.parameters(), gradient_);
    return norm;
  }

  template <class V>
  void measure(const V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, Context& context, double& error,
               double& explained) {
    values_.resize(targets.size());
    value.predict(inputs, context, values_);
    double sum = 0, squares = 0, target_sum = 0, target_squares = 0;
    for (Index n = 0; n < targets.size(); ++n) {
      const double target = static_cast<double>(targets[n]);
      const double miss = target - static_cast<double>(values_[n]);
      sum += miss;
      squares += miss * miss;
      target_sum += target;
      target_squares += target * target;
    }
    const double count = static_cast<double>(targets.size());
    error = std::sqrt(squares / count);
    const double target_variance = target_squares / count - target_sum / count * (target_sum / count);
    const double variance = squares / count - sum / count * (sum / count);
    explained = target_variance > 0 ? 1 - variance / target_variance : 0;
  }

  // the next minibatch of a random pass over the samples; a pass that cannot fill one more is shuffled anew
  void draw(ConstMatrixRef<S> inputs, const Vector<S>& targets, Index minibatch, Context& context) {
    const Index samples = inputs.cols();
    if (position_ + minibatch > samples) {
      order_.resize(static_cast<std::size_t>(samples));
      for (Index n = 0; n < samples; ++n) order_[static_cast<std::size_t>(n)] = n;
      for (std::size_t n = order_.size(); n > 1; --n) std::swap(order_[n - 1], order_[context.rng().below(n)]);
      position_ = 0;
    }
    minibatch_inputs_.resize(inputs.rows(), minibatch);
    minibatch_targets_.resize(minibatch);
    for (Index n = 0; n < minibatch; ++n, ++position_) {
      const Index sample = order_[static_cast<std::size_t>(position_)];
      minibatch_inputs_.col(n) = inputs.col(sample);
      minibatch_targets_[n] = targets[sample];
    }
  }

  ValueRegressionOptions options_;
  Adam<S> adam_;
  Vector<S> gradient_;
  Vector<S> values_;
  std::vector<Index> order_;
  Index position_ = 0;
  Matrix<S> minibatch_inputs_;
  Vector<S> minibatch_targets_;
};

}  // namespace vantage

#endif
