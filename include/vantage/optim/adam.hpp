// SPDX-License-Identifier: MIT
#ifndef VANTAGE_OPTIM_ADAM_HPP
#define VANTAGE_OPTIM_ADAM_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/optim/schedule.hpp"
#include "vantage/optim/serialize_steps.hpp"

namespace vantage {

struct AdamOptions {
  Schedule learning_rate = 3e-4;  ///< finite, >= 0
  double beta1 = 0.9;             ///< decay of the mean gradient
  double beta2 = 0.999;           ///< decay of the mean squared gradient
  /// Added to the root, so that a vanishing gradient makes no large step. None: 1e-8, or what the optimiser's owner
  /// says (`Ppo` and `PpoPenalty` 1e-5).
  std::optional<double> epsilon = {};
};

/// Adam, descending. With t = 1, 2, ... and all operations by entry:
///   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2,
///   theta = theta - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).
/// Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1.
template <class S>
class Adam {
 public:
  /// Throws: std::invalid_argument unless both betas are in [0, 1), epsilon and the learning rate finite and >= 0.
  explicit Adam(const AdamOptions& options = {}) : options_(options) {
    options_.epsilon = options.epsilon.value_or(1e-8);
    options.learning_rate.validate("Adam", kRate);
    set_progress(0);
    require(options.beta1 >= 0 && options.beta1 < 1, "Adam", "0 <= beta1 < 1", options.beta1);
    require(options.beta2 >= 0 && options.beta2 < 1, "Adam", "0 <= beta2 < 1", options.beta2);
    require(*options_.epsilon >= 0 && std::isfinite(*options_.epsilon), "Adam", "a finite epsilon >= 0",
            *options_.epsilon);
  }

  /// Gives the moments their size, all zero, unless they have one: what the first step does otherwise.
  void prepare(Index size) {
    if (first_moment_.size() == 0) first_moment_.setZero(size);
    if (second_moment_.size() == 0) second_moment_.setZero(size);
  }

  /// Moves the parameters against the gradient, at the learning rate times `rate_factor`. The moments take their size
  /// from the first call. Throws: std::invalid_argument if the sizes differ.
  void step(Vector<S>& parameters, const Vector<S>& gradient, double rate_factor = 1) {
    prepare(parameters.size());
    require(gradient.size() == parameters.size() && first_moment_.size() == parameters.size() &&
                second_moment_.size() == parameters.size(),
            "Adam::step", "parameters, gradient and moments of one size", gradient.size());
    const double rate = rate_factor * learning_rate_;
    ++steps_;
    const auto time = static_cast<double>(steps_);
    const S beta1 = static_cast<S>(options_.beta1);
    const S beta2 = static_cast<S>(options_.beta2);
    const S mean_weight = static_cast<S>(1 - options_.beta1);
    const S square_weight = static_cast<S>(1 - options_.beta2);
    const S scale = static_cast<S>(rate / (1 - std::pow(options_.beta1, time)));
    const S correction = static_cast<S>(1 / std::sqrt(1 - std::pow(options_.beta2, time)));
    const S epsilon = static_cast<S>(*options_.epsilon);

    // one short run of entries at a time, so that memory is passed over once
    constexpr Index kRun = 256;
    for (Index begin = 0; begin < parameters.size(); begin += kRun) {
      const Index size = std::min(kRun, parameters.size() - begin);
      const auto g = gradient.segment(begin, size).array();
      auto m = first_moment_.segment(begin, size).array();
      auto v = second_moment_.segment(begin, size).array();
      m = beta1 * m + mean_weight * g;
      v = beta2 * v + square_weight * g.square();
      parameters.segment(begin, size).array() -= scale * m / (v.sqrt() * correction + epsilon);
    }
  }

  /// The learning rate follows its schedule to a share of the run; before the first call it is where that starts.
  /// Throws: std::invalid_argument for a share outside [0, 1], or a rate that is negative or not finite.
  void set_progress(double share) { learning_rate_ = options_.learning_rate.at(share, "Adam", kRate); }

  /// The learning rate of the next step.
  [[nodiscard]] double learning_rate() const { return learning_rate_; }

  [[nodiscard]] std::int64_t steps() const { return steps_; }
  [[nodiscard]] const AdamOptions& options() const { return options_; }

  /// Names everything that a continued run needs to an archive, a callable archive(name, object).
  template <class Archive>
  void serialize(Archive& archive) {
    detail::serialize_steps(archive, steps_, first_moment_, second_moment_);
    archive("first_moment", first_moment_);
    archive("second_moment", second_moment_);
  }

 private:
  static constexpr const char* kRate = "a finite learning_rate >= 0";

  AdamOptions options_;
  double learning_rate_ = 0;
  std::int64_t steps_ = 0;
  Vector<S> first_moment_;
  Vector<S> second_moment_;
};

}  // namespace vantage

#endif
