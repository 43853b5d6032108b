// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_ANY_UPDATE_HPP
#define VANTAGE_TRAIN_PROGRAM_ANY_UPDATE_HPP

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "any_value.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/advantage/reward_to_go.hpp"
#include "vantage/diagnostics/batch_noise_scale.hpp"
#include "vantage/update/natural_gradient.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/update/ppo_penalty.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/adaptive_value_regression.hpp"
#include "vantage/value/normalized_regression.hpp"

// what the command line chooses, so that the training loop is compiled once for a kind of policy

/// One of the policy updates.
template <class P>
class AnyUpdate {
 public:
  using S = typename P::Scalar;

  template <class U>
  explicit AnyUpdate(U update) : update_(std::move(update)) {}

  /// Shows every step to `observer`; an empty one ends that.
  void observe_steps(const vantage::StepObserver<P>& observer) {
    std::visit([&](auto& update) { update.observe_steps(observer); }, update_);
  }

  /// Whether reports tell the noise scale of the gradient that an update starts from.
  void measure_noise(bool on) { measures_noise_ = on; }

  vantage::PolicyReport operator()(P& policy, const vantage::Batch<S>& batch,
                                   const vantage::AdvantageEstimate<S>& estimate, vantage::Context& context,
                                   const P* drawn_by) {
    std::optional<double> noise;
    if (measures_noise_) {
      noise = vantage::batch_noise_scale(drawn_by == nullptr ? policy : *drawn_by, batch, estimate.advantages, context)
                  .value();
    }
    vantage::PolicyReport report = std::visit(
        [&](auto& update) {
          if constexpr (requires { update(policy, batch, estimate, context, drawn_by); }) {
            return update(policy, batch, estimate, context, drawn_by);
          } else {
            return update(policy, batch, estimate, context);
          }
        },
        update_);
    if (noise) report.noise_scale = *noise;
    return report;
  }

  [[nodiscard]] bool uses_minibatches(vantage::Index samples) const {
    return std::visit(
        [&](const auto& update) {
          if constexpr (requires { update.uses_minibatches(samples); }) {
            return update.uses_minibatches(samples);
          } else {
            return false;
          }
        },
        update_);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    std::visit([&](auto& update) { update.serialize(archive); }, update_);
  }

 private:
  std::variant<vantage::Vpg<P>, vantage::Ppo<P>, vantage::PpoPenalty<P>, vantage::NaturalGradient<P>> update_;
  bool measures_noise_ = false;
};

/// A fixed number of value steps, or one that is found out; where it is fixed, some samples may be held out to measure
/// the error on.
class AnyRegression {
 public:
  explicit AnyRegression(vantage::ValueRegression<float> update) : update_(std::move(update)) {}
  explicit AnyRegression(vantage::AdaptiveValueRegression<float> update) : update_(std::move(update)) {}

  /// Has samples held out from each iteration's steps, and the error on them reported.
  void hold_out(const vantage::HeldOutOptions& options) { held_out_.emplace(options); }

  template <class V>
  vantage::ValueReport operator()(V& value, vantage::ConstMatrixRef<float> inputs,
                                  const vantage::Vector<float>& targets, vantage::Context& context,
                                  const vantage::Vector<float>* known = nullptr) {
    return std::visit([&](auto& update) { return run(update, value, inputs, targets, context, known); }, update_);
  }

  [[nodiscard]] bool uses_minibatches(vantage::Index samples) const {
    return std::visit([&](const auto& update) { return update.uses_minibatches(samples); }, update_);
  }

  [[nodiscard]] bool draws(vantage::Index samples) const {
    return held_out_ || std::visit([&](const auto& update) { return update.draws(samples); }, update_);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    std::visit([&](auto& update) { update.serialize(archive); }, update_);
  }

 private:
  template <class V>
  vantage::ValueReport run(vantage::ValueRegression<float>& update, V& value, vantage::ConstMatrixRef<float> inputs,
                           const vantage::Vector<float>& targets, vantage::Context& context,
                           const vantage::Vector<float>* known) {
    if (!held_out_) return update(value, inputs, targets, context, known);
    // one number of the context's stream, as updates that may run side by side take
    const std::uint64_t seed = context.rng()();
    held_out_->split(inputs, targets, vantage::Rng(seed, vantage::StreamPurpose::minibatch, 1));
    const auto& fitted = held_out_->inputs();
    auto report = update.begin(value, fitted, held_out_->targets(), seed, context);
    update.advance(value, fitted, held_out_->targets(), update.options().steps, context, report);
    update.finish(value, fitted, held_out_->targets(), context, report);
    double explained = 0;
    update.measure(value, held_out_->held_out_inputs(), held_out_->held_out_targets(), context, report.held_out_error,
                   explained);
    return report;
  }

  template <class V>
  static vantage::ValueReport run(vantage::AdaptiveValueRegression<float>& update, V& value,
                                  vantage::ConstMatrixRef<float> inputs, const vantage::Vector<float>& targets,
                                  vantage::Context& context, const vantage::Vector<float>*) {
    return update(value, inputs, targets, context);
  }

  std::variant<vantage::ValueRegression<float>, vantage::AdaptiveValueRegression<float>> update_;
  std::optional<vantage::HeldOutSamples<float>> held_out_;
};

/// The same of either kind of value: on normalised targets, where it learns those.
class AnyValueUpdate {
 public:
  explicit AnyValueUpdate(AnyRegression update) : update_(std::move(update)) {}

  vantage::ValueReport operator()(AnyValue& value, vantage::ConstMatrixRef<float> inputs,
                                  const vantage::Vector<float>& targets, vantage::Context& context,
                                  const vantage::Vector<float>* known = nullptr) {
    return value.visit([&](auto& chosen) { return update_(chosen, inputs, targets, context, known); });
  }

  [[nodiscard]] bool uses_minibatches(vantage::Index samples) const { return update_.uses_minibatches(samples); }
  [[nodiscard]] bool draws(vantage::Index samples) const { return update_.draws(samples); }

  template <class Archive>
  void serialize(Archive& archive) {
    update_.serialize(archive);
  }

 private:
  vantage::NormalizedRegression<AnyRegression> update_;
};

/// One of the advantage estimators.
struct AnyAdvantage {
  std::variant<vantage::Gae, vantage::RewardToGo> estimator;

  [[nodiscard]] double gamma() const {
    return std::visit([](const auto& chosen) { return chosen.gamma; }, estimator);
  }

  template <class S, class V>
  void operator()(const vantage::Batch<S>& batch, const V& value, vantage::Context& context,
                  vantage::AdvantageEstimate<S>& estimate) const {
    std::visit([&](const auto& chosen) { chosen(batch, value, context, estimate); }, estimator);
  }
};

#endif
