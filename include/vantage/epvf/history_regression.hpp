// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_HISTORY_REGRESSION_HPP
#define VANTAGE_EPVF_HISTORY_REGRESSION_HPP

#include <cstdint>

#include "vantage/epvf/policy_extended_value.hpp"
#include "vantage/epvf/policy_history.hpp"
#include "vantage/value/value_regression.hpp"

namespace vantage {

namespace detail {

/// A PolicyExtendedValue as a value function of samples of several policies, for who fits value functions.
template <class V>
class ValueOfEach {
 public:
  using Scalar = typename V::Scalar;
  using S = Scalar;

  /// Refers to both. Shapes: thetas P x G.
  ValueOfEach(V& value, const Matrix<S>& thetas) : value_(&value), thetas_(&thetas) {}

  [[nodiscard]] Index input_size() const { return value_->input_size() + thetas_->cols(); }
  [[nodiscard]] Vector<S>& parameters() { return value_->parameters(); }
  [[nodiscard]] const Vector<S>& parameters() const { return value_->parameters(); }

  void predict(ConstMatrixRef<S> inputs, Context& context, VectorRef<S> values) const {
    value_->predict_each(*thetas_, inputs, context, values);
  }

  template <class Weight>
  void gradient(ConstMatrixRef<S> inputs, Weight&& weight, Context& context, Vector<S>& gradient) const {
    value_->gradient_each(*thetas_, inputs, weight, context, gradient);
  }

 private:
  V* value_;
  const Matrix<S>* thetas_;
};

}  // namespace detail

/// Fits V(s, theta) to the targets of the policy that it follows and, alike, to those that earlier policies of the run
/// had when they were that one:
///
///     L(phi) = 1/M sum_n (V(s_n, theta_g(n)) - target_n)^2,    M = N + K n samples of K + 1 policies
///
/// by the K_V steps of a ValueRegression, on all of them or on minibatches of them. So what V learns of old policies
/// carries over to the next, whose values are asked for before a step on its samples. Afterwards the policy and n of
/// its samples take the place of the oldest. The report's errors are on the policy's own samples.
/// Without earlier policies it is that ValueRegression.
/// Shapes: inputs O x N, targets N. Cost: that of the steps; a copy of the samples. Memory: that of the history,
/// and (O + K + 2) M numbers for the samples together. Allocates nothing once the history is full, but where a policy
/// stood still. Source: Tang et al. 2022 (arXiv 2010.09536), PPO-PeVFA.
template <class S>
class HistoryRegression {
 public:
  /// Throws: as the two.
  explicit HistoryRegression(const ValueRegressionOptions& regression = {}, const PolicyHistoryOptions& history = {})
      : regression_(regression), history_(history) {}

  [[nodiscard]] const ValueRegressionOptions& options() const { return regression_.options(); }
  [[nodiscard]] Optimizer<S>& optimizer() { return regression_.optimizer(); }
  /// The earlier policies.
  [[nodiscard]] const PolicyHistory<S>& history() const { return history_; }

  /// Whether its steps on so many samples are too small to be worth more than one thread.
  [[nodiscard]] bool uses_minibatches(Index samples) const { return regression_.uses_minibatches(samples); }
  /// Whether a call on so many samples takes a number of the context's stream; never more than one.
  [[nodiscard]] bool draws(Index samples) const {
    return history_.options().policies > 0 || regression_.draws(samples);
  }

  /// Throws: as ValueRegression, and as PolicyHistory::add.
  template <Representation R>
  ValueReport operator()(PolicyExtendedValue<S, R>& value, ConstMatrixRef<S> inputs, const Vector<S>& targets,
                         Context& context) {
    if (history_.options().policies == 0) return regression_(value, inputs, targets, context);
    require_inputs("HistoryRegression", value, inputs.rows());
    require(inputs.cols() == targets.size(), "HistoryRegression", "a target for each input", targets.size());
    // where the policy stood still, its newer samples count
    history_.forget(value.policy_parameters());
    Samples& all = context.local<Samples>(0);
    gather(value.policy_parameters(), inputs, targets, all);
    const std::uint64_t seed = context.rng()();
    detail::ValueOfEach each(value, all.thetas);
    ValueReport report = regression_.begin(each, all.inputs, all.targets, seed, context);
    regression_.measure(value, inputs, targets, context, report.error_before, report.explained_variance);
    regression_.advance(each, all.inputs, all.targets, options().steps, context, report);
    regression_.finish(value, inputs, targets, context, report);
    history_.add(value.policy_parameters(), inputs, targets, Rng(seed, StreamPurpose::minibatch, 1));
    return report;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("regression", regression_);
    archive("history", history_);
  }

 private:
  // of all policies, the one that is followed first and then from the newest to the oldest
  struct Samples {
    Matrix<S> thetas;  // P x G
    Matrix<S> inputs;  // (O + G) x M: an observation, and a 1 for whose it is
    Vector<S> targets;
  };

  void gather(const Vector<S>& policy, ConstMatrixRef<S> inputs, const Vector<S>& targets, Samples& all) const {
    const Index own = targets.size(), kept = history_.samples(), size = inputs.rows();
    const Index policies = 1 + history_.size();
    all.thetas.resize(policy.size(), policies);
    all.inputs.resize(size + policies, own + history_.size() * kept);
    all.targets.resize(all.inputs.cols());
    all.inputs.bottomRows(policies).setZero();
    all.thetas.col(0) = policy;
    all.inputs.topLeftCorner(size, own) = inputs;
    all.inputs.row(size).head(own).setOnes();
    all.targets.head(own) = targets;
    for (Index age = 1; age < policies; ++age) {
      const Index first = own + (age - 1) * kept;
      all.thetas.col(age) = history_.policy(age);
      all.inputs.block(0, first, size, kept) = history_.inputs(age);
      all.inputs.row(size + age).segment(first, kept).setOnes();
      all.targets.segment(first, kept) = history_.targets(age);
    }
  }

  ValueRegression<S> regression_;
  PolicyHistory<S> history_;
};

}  // namespace vantage

#endif
