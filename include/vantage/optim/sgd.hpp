// SPDX-License-Identifier: MIT
#ifndef VANTAGE_OPTIM_SGD_HPP
#define VANTAGE_OPTIM_SGD_HPP

#include <cstdint>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/optim/schedule.hpp"
#include "vantage/optim/serialize_steps.hpp"

namespace vantage {

struct SgdOptions {
  Schedule learning_rate = 1e-2;  ///< finite, >= 0
  double momentum = 0;            ///< share of the last direction that is kept; 0: plain gradient descent
};

/// Gradient descent with heavy-ball momentum:
///   b = momentum b + g,   theta = theta - rate b.
/// Source: Polyak, "Some methods of speeding up the convergence of iteration methods" (1964).
template <class S>
class Sgd {
 public:
  /// Throws: std::invalid_argument unless momentum is in [0, 1), the learning rate finite and >= 0.
  explicit Sgd(const SgdOptions& options = {}) : options_(options) {
    options.learning_rate.validate("Sgd", kRate);
    set_progress(0);
    require(options.momentum >= 0 && options.momentum < 1, "Sgd", "0 <= momentum < 1", options.momentum);
  }

  /// Gives the direction its size, unless it has one: what the first step does otherwise.
  void prepare(Index size) {
    if (direction_.size() == 0) direction_.setZero(size);
  }

  /// Moves the parameters against the gradient, at the learning rate times `rate_factor`.
  /// Throws: std::invalid_argument if the sizes differ.
  void step(Vector<S>& parameters, const Vector<S>& gradient, double rate_factor = 1) {
    prepare(parameters.size());
    require(gradient.size() == parameters.size() && direction_.size() == parameters.size(), "Sgd::step",
            "parameters, gradient and direction of one size", gradient.size());
    const double rate = rate_factor * learning_rate_;
    ++steps_;
    direction_ = static_cast<S>(options_.momentum) * direction_ + gradient;
    parameters -= static_cast<S>(rate) * direction_;
  }

  /// The learning rate follows its schedule to a share of the run; before the first call it is where that starts.
  /// Throws: std::invalid_argument for a share outside [0, 1], or a rate that is negative or not finite.
  void set_progress(double share) { learning_rate_ = options_.learning_rate.at(share, "Sgd", kRate); }

  /// The learning rate of the next step.
  [[nodiscard]] double learning_rate() const { return learning_rate_; }

  [[nodiscard]] std::int64_t steps() const { return steps_; }
  [[nodiscard]] const SgdOptions& options() const { return options_; }

  template <class Archive>
  void serialize(Archive& archive) {
    detail::serialize_steps(archive, steps_, direction_);
    archive("direction", direction_);
  }

 private:
  static constexpr const char* kRate = "a finite learning_rate >= 0";

  SgdOptions options_;
  double learning_rate_ = 0;
  std::int64_t steps_ = 0;
  Vector<S> direction_;
};

}  // namespace vantage

#endif
