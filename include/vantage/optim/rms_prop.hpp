// SPDX-License-Identifier: MIT
#ifndef VANTAGE_OPTIM_RMS_PROP_HPP
#define VANTAGE_OPTIM_RMS_PROP_HPP

#include <cmath>
#include <cstdint>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/optim/schedule.hpp"
#include "vantage/optim/serialize_steps.hpp"

namespace vantage {

/// Where the number that keeps a step finite goes: libraries differ, and small gradients make the difference.
enum class RmsPropEpsilon {
  outside_root,  ///< rate g / (sqrt(v) + epsilon)
  inside_root    ///< rate g / sqrt(v + epsilon)
};

struct RmsPropOptions {
  Schedule learning_rate = 7e-4;                                ///< finite, >= 0
  double decay = 0.99;                                          ///< of the mean squared gradient
  double epsilon = 1e-5;                                        ///< keeps a step finite where gradients were 0
  RmsPropEpsilon epsilon_place = RmsPropEpsilon::outside_root;  ///< where it is added
  double initial_square = 0;  ///< first value of the mean squared gradient; 1 makes the first steps short
};

/// RMSProp, descending; all operations by entry:
///   v = decay v + (1 - decay) g^2,   theta = theta - rate g / (sqrt(v) + epsilon).
/// Source: Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5 (2012).
template <class S>
class RmsProp {
 public:
  /// Throws: std::invalid_argument unless decay is in [0, 1), epsilon, initial_square and the learning rate finite and
  /// >= 0.
  explicit RmsProp(const RmsPropOptions& options = {}) : options_(options) {
    options.learning_rate.validate("RmsProp", kRate);
    set_progress(0);
    require(options.decay >= 0 && options.decay < 1, "RmsProp", "0 <= decay < 1", options.decay);
    require(options.epsilon >= 0 && std::isfinite(options.epsilon), "RmsProp", "a finite epsilon >= 0",
            options.epsilon);
    require(options.initial_square >= 0 && std::isfinite(options.initial_square), "RmsProp",
            "a finite initial_square >= 0", options.initial_square);
  }

  /// Gives the moment its size, unless it has one: what the first step does otherwise.
  void prepare(Index size) {
    if (square_.size() == 0) square_.setConstant(size, static_cast<S>(options_.initial_square));
  }

  /// Moves the parameters against the gradient, at the learning rate times `rate_factor`.
  /// Throws: std::invalid_argument if the sizes differ.
  void step(Vector<S>& parameters, const Vector<S>& gradient, double rate_factor = 1) {
    prepare(parameters.size());
    require(gradient.size() == parameters.size() && square_.size() == parameters.size(), "RmsProp::step",
            "parameters, gradient and moment of one size", gradient.size());
    const S rate = static_cast<S>(rate_factor * learning_rate_);
    ++steps_;
    const S decay = static_cast<S>(options_.decay);
    const S weight = static_cast<S>(1 - options_.decay);
    const S epsilon = static_cast<S>(options_.epsilon);
    const auto g = gradient.array();
    square_.array() = decay * square_.array() + weight * g.square();
    if (options_.epsilon_place == RmsPropEpsilon::inside_root) {
      parameters.array() -= rate * g / (square_.array() + epsilon).sqrt();
    } else {
      parameters.array() -= rate * g / (square_.array().sqrt() + epsilon);
    }
  }

  /// The learning rate follows its schedule to a share of the run; before the first call it is where that starts.
  /// Throws: std::invalid_argument for a share outside [0, 1], or a rate that is negative or not finite.
  void set_progress(double share) { learning_rate_ = options_.learning_rate.at(share, "RmsProp", kRate); }

  /// The learning rate of the next step.
  [[nodiscard]] double learning_rate() const { return learning_rate_; }

  [[nodiscard]] std::int64_t steps() const { return steps_; }
  [[nodiscard]] const RmsPropOptions& options() const { return options_; }

  template <class Archive>
  void serialize(Archive& archive) {
    detail::serialize_steps(archive, steps_, square_);
    archive("square", square_);
  }

 private:
  static constexpr const char* kRate = "a finite learning_rate >= 0";

  RmsPropOptions options_;
  double learning_rate_ = 0;
  std::int64_t steps_ = 0;
  Vector<S> square_;
};

}  // namespace vantage

#endif
