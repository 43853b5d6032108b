// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_NORMALIZED_VALUE_HPP
#define VANTAGE_VALUE_NORMALIZED_VALUE_HPP

#include <algorithm>
#include <cmath>
#include <utility>

#include "vantage/core/blocks.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/rollout/normalizer.hpp"

namespace vantage {

/// Of which targets, and how, the moments are formed.
struct NormalizedValueOptions {
  double decay = 0.95;          ///< what targets weigh an update later, of what they weighed; 1: all alike for ever
  double min_deviation = 1e-4;  ///< least deviation > 0, in units of the (scaled) return: less is no signal
};

/// A value function whose model f learns targets of mean 0 and deviation 1, whatever the scale of rewards:
///
///     V(x) = mu + sigma f(x),    f is fitted to (target - mu) / sigma
///
/// with the running moments mu and sigma of the targets. Where they move, f is rescaled so that V stays what it was,
///
///     f <- (sigma f + mu - mu') / sigma'
///
/// Before the first targets V is 0 everywhere; the first ones make it mu + sigma f, since nothing was learned yet.
/// Whatever reads values (advantages, bootstraps, measurements) sees V. NormalizedRegression is what fits f and moves
/// the moments; a ValueRegression alone fits V by f's parameters and leaves the moments where they are.
/// Shapes: inputs I x N, values N. Cost: that of f.
/// Source: van Hasselt et al. 2016 (arXiv 1602.07714), section 2: Pop-Art, with moments of batches.
template <RescalableValue V>
class NormalizedValue {
 public:
  using Scalar = typename V::Scalar;
  using S = Scalar;

  /// Throws: std::invalid_argument unless 0 <= decay <= 1 and min_deviation > 0 is finite.
  explicit NormalizedValue(V model, const NormalizedValueOptions& options = {})
      : options_(options), model_(std::move(model)) {
    require(options.decay >= 0 && options.decay <= 1, "NormalizedValue", "0 <= decay <= 1", options.decay);
    require(options.min_deviation > 0 && std::isfinite(options.min_deviation), "NormalizedValue",
            "a finite min_deviation > 0", options.min_deviation);
  }

  [[nodiscard]] const NormalizedValueOptions& options() const { return options_; }
  /// f.
  [[nodiscard]] V& model() { return model_; }
  [[nodiscard]] const V& model() const { return model_; }
  /// Of the targets.
  [[nodiscard]] const RunningMoments& moments() const { return moments_; }
  /// mu; 0 before the first targets.
  [[nodiscard]] S mean() const { return mean_; }
  /// sigma; 0 before the first targets.
  [[nodiscard]] S deviation() const { return deviation_; }

  [[nodiscard]] Index input_size() const requires requires(const V& model) { model.input_size(); }
  { return model_.input_size(); }
  /// f's.
  [[nodiscard]] Vector<S>& parameters() { return model_.parameters(); }
  [[nodiscard]] const Vector<S>& parameters() const { return model_.parameters(); }

  /// V of every input.
  void predict(ConstMatrixRef<S> inputs, Context& context, VectorRef<S> values) const {
    model_.predict(inputs, context, values);
    values = (mean_ + deviation_ * values.array()).matrix();
  }

  /// gradient = sum_n w_n grad V(input_n), with respect to f's parameters; the weights see V.
  template <class Weight>
  void gradient(ConstMatrixRef<S> inputs, Weight&& weight, Context& context, Vector<S>& gradient) const {
    model_.gradient(
        inputs,
        [&](Index first, const VectorRef<S>& outputs, VectorRef<S> weights) {
          S values[kBlockSamples];
          for (Index at = 0; at < outputs.size(); at += kBlockSamples) {
            const Index count = std::min(kBlockSamples, outputs.size() - at);
            Eigen::Map<Vector<S>> piece(values, count);
            piece = mean_ + deviation_ * outputs.segment(at, count).array();
            weight(first + at, VectorRef<S>(piece), VectorRef<S>(weights.segment(at, count)));
          }
          weights *= deviation_;
        },
        context, gradient);
  }

  /// Takes targets into the moments, and keeps V as it is. Whether it did: not for the first targets.
  bool adapt(const Vector<S>& targets) {
    seen_.clear();
    for (Index n = 0; n < targets.size(); ++n) seen_.add(targets.template segment<1>(n));
    moments_.fade(options_.decay);
    moments_.merge(seen_);
    return move_scale();
  }

  /// The same function, told in the scale of another: then the parameters of both can be compared. Pre: both have seen
  /// targets.
  void take_scale(const NormalizedValue& other) {
    moments_ = other.moments_;
    move_scale();
  }

  /// What f is to learn of targets, or gives for values. Shapes: both N. Pre: adapt came first.
  void normalize(const Vector<S>& values, Vector<S>& normalized) const {
    VANTAGE_ASSERT(deviation_ > 0);
    normalized = (values.array() - mean_) / deviation_;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    model_.serialize(archive);
    archive("target_moments", moments_);
    set_scale();
  }

 private:
  // of V as it is used, rounded once
  void set_scale() {
    const bool is_known = moments_.count() > 0;
    mean_ = is_known ? static_cast<S>(moments_.mean()[0]) : S(0);
    deviation_ = is_known ? static_cast<S>(std::max(std::sqrt(moments_.variance(0)), options_.min_deviation)) : S(0);
  }

  bool move_scale() {
    const auto mean = static_cast<double>(mean_), deviation = static_cast<double>(deviation_);
    set_scale();
    if (deviation == 0 || deviation_ == S(0)) return false;
    const auto now = static_cast<double>(deviation_);
    model_.rescale(deviation / now, (mean - static_cast<double>(mean_)) / now);
    return true;
  }

  NormalizedValueOptions options_;
  V model_;
  RunningMoments moments_{1};
  RunningMoments seen_{1};
  S mean_ = 0;
  S deviation_ = 0;
};

}  // namespace vantage

#endif
