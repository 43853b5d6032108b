// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_VALUE_REGRESSION_HPP
#define VANTAGE_VALUE_VALUE_REGRESSION_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/shuffle.hpp"
#include "vantage/core/workspace.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/optim/gradient_clip.hpp"
#include "vantage/optim/optimizer.hpp"
#include "vantage/value/value_loss.hpp"
#include "vantage/value/value_report.hpp"

namespace vantage {

struct ValueRegressionOptions {
  Index steps = 50;                            ///< K_V: optimiser steps an iteration, each on one batch or minibatch
  OptimizerOptions optimizer = AdamOptions{};  ///< which optimiser, and its learning rate
  Index minibatch = 0;           ///< samples a step, drawn without replacement within a pass; 0: the whole batch
  double max_gradient_norm = 0;  ///< l2 norm to which the gradient is clipped; 0: none
  ValueLossOptions loss = {};    ///< squared, Huber or clipped
};

/// K_V optimiser steps on the mean loss to targets that stay fixed; with the squared loss
///
///     L(phi) = 1/N sum_n (V(input_n; phi) - target_n)^2
///
/// The learning rate is that of the context's progress. Minibatches are drawn from a stream that one number of the
/// context's own starts.
/// Shapes: inputs I x N, targets N. Cost: K_V forward and backward passes, and two forward passes for the report: the
/// first falls away where the values are known, the second where the context does not measure.
/// Source: Wang et al. 2025 (arXiv 2505.19247), algorithm 1 and section 5.
template <class S>
class ValueRegression {
 public:
  /// Throws: std::invalid_argument for a negative number of steps, minibatch size or norm.
  explicit ValueRegression(const ValueRegressionOptions& options = {});

  [[nodiscard]] const ValueRegressionOptions& options() const { return options_; }
  [[nodiscard]] Optimizer<S>& optimizer() { return optimizer_; }

  /// Whether its steps on so many samples are too small to be worth more than one thread.
  [[nodiscard]] bool uses_minibatches(Index samples) const {
    return options_.minibatch > 0 && options_.minibatch < samples;
  }
  /// Whether a call on so many samples takes a number of the context's stream; never more than one.
  [[nodiscard]] bool draws(Index samples) const { return uses_minibatches(samples); }

  /// `known` may name the values that V has predicted for these inputs, as Gae has.
  /// Throws: std::invalid_argument for a value function of other inputs, or targets or known values that are not one an
  /// input.
  template <DifferentiableValue V>
  ValueReport operator()(V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, Context& context,
                         const Vector<S>* known = nullptr);

  // the same in pieces, for who finds out on the way how many steps to make: begin, advance any number of times, finish

  /// Looks at V before the first step; `seed` starts the minibatches. Throws: as above.
  template <DifferentiableValue V>
  ValueReport begin(const V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, std::uint64_t seed,
                    Context& context, const Vector<S>* known = nullptr) {
    require_inputs("ValueRegression", value, inputs.rows());
    require(inputs.cols() == targets.size(), "ValueRegression", "a target for each input", targets.size());
    require(known == nullptr || known->size() == targets.size(), "ValueRegression", "a known value for each input",
            known == nullptr ? 0 : known->size());
    optimizer_.set_progress(context.progress());
    ValueReport report;
    if (known != nullptr) {
      work_->old_values = *known;
    } else {
      work_->old_values.resize(targets.size());
      value.predict(inputs, context, work_->old_values);
    }
    compare(work_->old_values, targets, report.error_before, report.explained_variance);
    if (uses_minibatches(inputs.cols())) work_->shuffle.begin(inputs.cols(), Rng(seed, StreamPurpose::minibatch));
    return report;
  }

  /// So many optimiser steps more. Pre: the inputs and targets of begin.
  template <DifferentiableValue V>
  void advance(V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, Index steps, Context& context,
               ValueReport& report) {
    VANTAGE_ASSERT(inputs.cols() == targets.size() && work_->old_values.size() == targets.size());
    const bool has_minibatches = uses_minibatches(inputs.cols());
    for (Index step = 0; step < steps; ++step) {
      if (has_minibatches) {
        gather(inputs, targets);
        report.gradient_norm =
            descend(value, work_->minibatch_inputs, work_->minibatch_targets, work_->minibatch_old_values, context);
      } else {
        report.gradient_norm = descend(value, inputs, targets, work_->old_values, context);
      }
    }
    report.steps += steps;
  }

  /// Looks at V after the last step.
  template <DifferentiableValue V>
  void finish(const V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, Context& context,
              ValueReport& report) {
    double unused = 0;
    report.error_after = report.error_before;
    if (report.steps == 0) return;
    if (context.measures()) {
      measure(value, inputs, targets, context, report.error_after, unused);
    } else {
      report.error_after = std::numeric_limits<double>::quiet_NaN();
    }
  }

  /// One optimiser step on the given samples alone. Returns the gradient's norm before clipping.
  /// Throws: std::invalid_argument for the clipped loss, which needs the values from before the first of several steps.
  template <DifferentiableValue V>
  double step(V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, Context& context) {
    VANTAGE_ASSERT(inputs.cols() == targets.size());
    require(options_.loss.kind != ValueLoss::clipped, "ValueRegression::step", "a loss of the values alone", "clipped");
    optimizer_.set_progress(context.progress());
    work_->old_values.resize(targets.size());
    return descend(value, inputs, targets, work_->old_values, context);
  }

  /// Root mean squared error of V against the targets, and the explained variance.
  template <ValueFunction<S> V>
  void measure(const V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, Context& context, double& error,
               double& explained) {
    // only grows: samples of another number may have been looked at
    work_->values.resize(std::max(work_->values.size(), targets.size()));
    auto values = work_->values.head(targets.size());
    value.predict(inputs, context, values);
    compare(values, targets, error, explained);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("optimizer", optimizer_);
  }

 private:
  static void compare(ConstVectorRef<S> values, const Vector<S>& targets, double& error, double& explained) {
    double sum = 0, squares = 0, target_sum = 0, target_squares = 0;
    for (Index n = 0; n < targets.size(); ++n) {
      const auto target = static_cast<double>(targets[n]);
      const double miss = target - static_cast<double>(values[n]);
      sum += miss;
      squares += miss * miss;
      target_sum += target;
      target_squares += target * target;
    }
    const auto count = static_cast<double>(targets.size());
    error = std::sqrt(squares / count);
    const double target_variance = target_squares / count - target_sum / count * (target_sum / count);
    const double variance = squares / count - sum / count * (sum / count);
    explained = target_variance > 0 ? 1 - variance / target_variance : 0;
  }

  template <class V>
  double descend(V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, const Vector<S>& old_values,
                 Context& context) {
    const S scale = S(1) / static_cast<S>(targets.size());
    value.gradient(
        inputs,
        [&](Index first, const VectorRef<S>& values, VectorRef<S> weights) {
          const Index count = values.size();
          value_loss_slopes<S>(options_.loss, values, old_values.segment(first, count), targets.segment(first, count),
                               scale, weights);
        },
        context, work_->gradient);
    const auto norm = static_cast<double>(clip_gradient_norm(work_->gradient, options_.max_gradient_norm));
    optimizer_.step(value.parameters(), work_->gradient);
    return norm;
  }

  void gather(ConstMatrixRef<S> inputs, const Vector<S>& targets) {
    work_->minibatch_inputs.resize(inputs.rows(), options_.minibatch);
    work_->minibatch_targets.resize(options_.minibatch);
    work_->minibatch_old_values.resize(options_.minibatch);
    Index column = 0;
    for (const Index sample : work_->shuffle.next(options_.minibatch)) {
      work_->minibatch_inputs.col(column) = inputs.col(sample);
      work_->minibatch_targets[column] = targets[sample];
      work_->minibatch_old_values[column] = work_->old_values[sample];
      ++column;
    }
  }

  struct Work {
    Vector<S> gradient;
    Vector<S> values;      // of the last measure, in the first entries
    Vector<S> old_values;  // before the first step
    Shuffle shuffle;
    Matrix<S> minibatch_inputs;
    Vector<S> minibatch_targets;
    Vector<S> minibatch_old_values;
  };

  ValueRegressionOptions options_;
  Optimizer<S> optimizer_;
  Workspace<Work> work_;
};

// not in the class, so not inline: a library can spare its users these, see vantage/precompiled.hpp

template <class S>
ValueRegression<S>::ValueRegression(const ValueRegressionOptions& options)
    : options_(options), optimizer_(options.optimizer) {
  require(options.steps >= 0, "ValueRegression", "steps >= 0", options.steps);
  require(options.minibatch >= 0, "ValueRegression", "minibatch >= 0", options.minibatch);
  require(options.max_gradient_norm >= 0, "ValueRegression", "max_gradient_norm >= 0", options.max_gradient_norm);
  validate(options.loss);
}

template <class S>
template <DifferentiableValue V>
ValueReport ValueRegression<S>::operator()(V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets,
                                           Context& context, const Vector<S>* known) {
  const std::uint64_t seed = draws(inputs.cols()) ? context.rng()() : 0;
  ValueReport report = begin(value, inputs, targets, seed, context, known);
  advance(value, inputs, targets, options_.steps, context, report);
  finish(value, inputs, targets, context, report);
  return report;
}

}  // namespace vantage

#endif
