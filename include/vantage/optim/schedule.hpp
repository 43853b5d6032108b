// SPDX-License-Identifier: MIT
#ifndef VANTAGE_OPTIM_SCHEDULE_HPP
#define VANTAGE_OPTIM_SCHEDULE_HPP

#include <algorithm>
#include <cmath>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// A number that depends on the step: a learning rate, an entropy coefficient, the scale of a perturbation.
/// What a step is (an optimiser's step, an iteration) is said by whoever evaluates it.
class Schedule {
 public:
  /// The same value at every step; a plain number is such a schedule.
  Schedule(double value) : start_(value), end_(value) {}  // NOLINT(google-explicit-constructor)

  /// start + (end - start) min(step / steps, 1). Throws: std::invalid_argument unless steps > 0.
  [[nodiscard]] static Schedule linear(double start, double end, Index steps) {
    require(steps > 0, "Schedule::linear", "steps > 0", steps);
    Schedule schedule(start);
    schedule.kind_ = Kind::linear;
    schedule.end_ = end;
    schedule.steps_ = steps;
    return schedule;
  }

  /// start factor^step. Throws: std::invalid_argument unless factor > 0.
  [[nodiscard]] static Schedule exponential(double start, double factor) {
    require(factor > 0, "Schedule::exponential", "factor > 0", factor);
    Schedule schedule(start);
    schedule.kind_ = Kind::exponential;
    schedule.end_ = factor;
    return schedule;
  }

  /// start 2^(-step / steps): halves every `steps` steps. Throws: std::invalid_argument unless steps > 0.
  [[nodiscard]] static Schedule half_life(double start, Index steps) {
    require(steps > 0, "Schedule::half_life", "steps > 0", steps);
    Schedule schedule(start);
    schedule.kind_ = Kind::half_life;
    schedule.steps_ = steps;
    return schedule;
  }

  /// The value at `step`, counted from 0. Pre: step >= 0.
  [[nodiscard]] double operator()(Index step) const {
    const double time = static_cast<double>(step);
    const double duration = static_cast<double>(steps_);
    switch (kind_) {
      case Kind::linear:
        return step >= steps_ ? end_ : start_ + (end_ - start_) * (time / duration);
      case Kind::exponential:
        return start_ * std::pow(end_, time);
      case Kind::half_life:
        return start_ * std::exp2(-time / duration);
      case Kind::constant:
        break;
    }
    return start_;
  }

 private:
  enum class Kind { constant, linear, exponential, half_life };

  Kind kind_ = Kind::constant;
  double start_;
  double end_;  // the last value, or the factor a step
  Index steps_ = 1;
};

}  // namespace vantage

#endif
