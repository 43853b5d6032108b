// SPDX-License-Identifier: MIT
#ifndef VANTAGE_OPTIM_OPTIMIZER_HPP
#define VANTAGE_OPTIM_OPTIMIZER_HPP

#include <cstdint>
#include <type_traits>
#include <variant>

#include "vantage/optim/adam.hpp"
#include "vantage/optim/rms_prop.hpp"
#include "vantage/optim/sgd.hpp"

namespace vantage {

/// Which optimiser, and its options: `.optimizer = AdamOptions{.learning_rate = 1e-3}`.
using OptimizerOptions = std::variant<AdamOptions, RmsPropOptions, SgdOptions>;

/// The options with this epsilon where Adam was given none: an owner whose default is not Adam's own.
[[nodiscard]] inline OptimizerOptions with_epsilon_of_adam(OptimizerOptions options, double epsilon) {
  if (auto* adam = std::get_if<AdamOptions>(&options)) adam->epsilon = adam->epsilon.value_or(epsilon);
  return options;
}

/// One of the optimisers, chosen by its options. It descends: step moves the parameters against the gradient.
/// Throws: std::invalid_argument for impossible options.
template <class S>
class Optimizer {
 public:
  /// The one whose options are given.
  explicit Optimizer(const OptimizerOptions& options = AdamOptions{})
      : optimizer_(std::visit([](const auto& chosen) { return make(chosen); }, options)) {}

  /// Gives the optimiser's memory its size, unless it has one: what the first step does otherwise.
  void prepare(Index size) {
    std::visit([&](auto& optimizer) { optimizer.prepare(size); }, optimizer_);
  }

  /// Moves the parameters against the gradient, at the learning rate times `rate_factor`.
  /// Throws: std::invalid_argument if the sizes differ.
  void step(Vector<S>& parameters, const Vector<S>& gradient, double rate_factor = 1) {
    std::visit([&](auto& optimizer) { optimizer.step(parameters, gradient, rate_factor); }, optimizer_);
  }

  [[nodiscard]] std::int64_t steps() const {
    return std::visit([](const auto& optimizer) { return optimizer.steps(); }, optimizer_);
  }

  /// The learning rate follows its schedule to a share of the run; before the first call it is where that starts.
  /// Throws: std::invalid_argument for a share outside [0, 1], or a rate that is negative or not finite.
  void set_progress(double share) {
    std::visit([&](auto& optimizer) { optimizer.set_progress(share); }, optimizer_);
  }

  /// The learning rate of the next step.
  [[nodiscard]] double learning_rate() const {
    return std::visit([](const auto& optimizer) { return optimizer.learning_rate(); }, optimizer_);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    constexpr const char* kNames[] = {"adam", "rms_prop", "sgd"};
    std::visit([&](auto& optimizer) { archive(kNames[optimizer_.index()], optimizer); }, optimizer_);
  }

 private:
  using Variant = std::variant<Adam<S>, RmsProp<S>, Sgd<S>>;

  static Variant make(const AdamOptions& options) { return Adam<S>(options); }
  static Variant make(const RmsPropOptions& options) { return RmsProp<S>(options); }
  static Variant make(const SgdOptions& options) { return Sgd<S>(options); }

  Variant optimizer_;
};

}  // namespace vantage

#endif
