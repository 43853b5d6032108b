// SPDX-License-Identifier: MIT
#ifndef VANTAGE_VALUE_NORMALIZED_REGRESSION_HPP
#define VANTAGE_VALUE_NORMALIZED_REGRESSION_HPP

#include <utility>

#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/value/normalized_value.hpp"
#include "vantage/value/value_report.hpp"

namespace vantage {

/// Fits a NormalizedValue: the targets move its moments, once a call, and then U, such as a ValueRegression, fits its
/// model to (target - mu) / sigma. The lengths in U's options (huber_delta, clip_range, max_gradient_norm) are
/// in units of sigma, and so is the gradient's norm in the report; its errors are in those of the return.
/// A value function of another kind U fits alone. U must keep no targets from one call to the next.
/// Shapes: inputs I x N, targets N. Cost: that of U; allocates nothing after the first call of this N.
template <class U>
class NormalizedRegression {
 public:
  /// Fits by this update.
  explicit NormalizedRegression(U update) : update_(std::move(update)) {}

  /// U.
  [[nodiscard]] U& update() { return update_; }
  [[nodiscard]] const U& update() const { return update_; }

  /// Whether its steps on so many samples are too small to be worth more than one thread.
  [[nodiscard]] bool uses_minibatches(Index samples) const {
    if constexpr (requires { update_.uses_minibatches(samples); }) {
      return update_.uses_minibatches(samples);
    } else {
      return false;
    }
  }
  /// Whether a call on so many samples takes a number of the context's stream; never more than one.
  [[nodiscard]] bool draws(Index samples) const requires requires(const U& update) { update.draws(samples); }
  { return update_.draws(samples); }

  /// `known` may name the values that V has predicted for these inputs, as Gae has.
  /// Throws: std::invalid_argument for targets that are not one an input, and what U throws.
  template <class V>
  ValueReport operator()(NormalizedValue<V>& value, ConstMatrixRef<typename V::Scalar> inputs,
                         const Vector<typename V::Scalar>& targets, Context& context,
                         const Vector<typename V::Scalar>* known = nullptr) {
    using S = typename V::Scalar;
    require(inputs.cols() == targets.size() && targets.size() > 0, "NormalizedRegression", "a target for each input",
            targets.size());
    auto& scratch = context.local<Scratch<S>>(0);
    // what was known of V still is, unless these targets are the first
    const bool is_known = value.adapt(targets) && known != nullptr;
    value.normalize(targets, scratch.targets);
    scratch.known.resize(targets.size());
    if (is_known) value.normalize(*known, scratch.known);
    ValueReport report = fit(value.model(), inputs, scratch.targets, context, is_known ? &scratch.known : nullptr);
    const auto deviation = static_cast<double>(value.deviation());
    report.error_before *= deviation;
    report.error_after *= deviation;
    report.held_out_error *= deviation;
    return report;
  }

  /// Of another kind: as U.
  template <class V>
  ValueReport operator()(V& value, ConstMatrixRef<typename V::Scalar> inputs, const Vector<typename V::Scalar>& targets,
                         Context& context, const Vector<typename V::Scalar>* known = nullptr) {
    return fit(value, inputs, targets, context, known);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    update_.serialize(archive);
  }

 private:
  template <class S>
  struct Scratch {
    Vector<S> targets, known;
  };

  template <class V, class S = typename V::Scalar>
  ValueReport fit(V& value, ConstMatrixRef<S> inputs, const Vector<S>& targets, Context& context,
                  const Vector<S>* known) {
    if constexpr (requires { update_(value, inputs, targets, context, known); }) {
      return update_(value, inputs, targets, context, known);
    } else {
      return update_(value, inputs, targets, context);
    }
  }

  U update_;
};

}  // namespace vantage

#endif
