// SPDX-License-Identifier: MIT
#ifndef VANTAGE_OPTIM_SCHEDULE_HPP
#define VANTAGE_OPTIM_SCHEDULE_HPP

#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// A number that depends on how much of a run is done: a learning rate, an entropy coefficient, a clip range. It is a
/// function of the share of the run's environment steps that came before the iteration, from 0 up to 1, so that how
/// many optimiser steps an iteration makes, and whether some were taken back, does not bend it. See Context::progress.
class Schedule {
 public:
  /// The same value throughout; a plain number is such a schedule.
  Schedule(double value) : start_(value), end_(value) {}  // NOLINT(google-explicit-constructor)

  /// function(share), a function of nothing else: it may be called at any time, from any thread, and is again after a
  /// resume. `Schedule rate = [](double share) { return share < 0.5 ? 1e-3 : 1e-4; };`
  template <class F>
  requires(!std::is_convertible_v<F, double> && !std::same_as<std::remove_cvref_t<F>, Schedule> &&
           std::is_invocable_r_v<double, const std::remove_cvref_t<F>&, double>)
      Schedule(F&& function)  // NOLINT(google-explicit-constructor, bugprone-forwarding-reference-overload)
      : kind_(Kind::function),
        function_(std::make_shared<const std::function<double(double)>>(std::forward<F>(function))) {}

  /// start (1 - share) + end share.
  [[nodiscard]] static Schedule linear(double start, double end) { return {Kind::linear, start, end}; }

  /// start^(1 - share) end^share: falls by the same factor in equal shares.
  /// Throws: std::invalid_argument unless start > 0 and end > 0, both finite.
  [[nodiscard]] static Schedule geometric(double start, double end) {
    require(start > 0 && std::isfinite(start), "Schedule::geometric", "a finite start > 0", start);
    require(end > 0 && std::isfinite(end), "Schedule::geometric", "a finite end > 0", end);
    return {Kind::geometric, start, end};
  }

  /// The value after a share of the run. Throws: std::invalid_argument unless 0 <= share <= 1.
  [[nodiscard]] double operator()(double share) const {
    require(share >= 0 && share <= 1, "Schedule", "a share of the run, 0 <= share <= 1", share);
    switch (kind_) {
      case Kind::linear:
        return start_ * (1 - share) + end_ * share;
      case Kind::geometric:
        return std::pow(start_, 1 - share) * std::pow(end_, share);
      case Kind::function:
        return (*function_)(share);
      case Kind::constant:
        break;
    }
    return start_;
  }
  /// A count of steps is no share.
  template <std::integral Steps>
  double operator()(Steps) const = delete;

  /// The value after a share of the run, within bounds.
  /// Throws: std::invalid_argument "who: expected <expected>, got <value>" for one outside, or that is not a number.
  [[nodiscard]] double at(double share, const char* who, const char* expected, double least = 0,
                          double most = std::numeric_limits<double>::max()) const {
    const double value = (*this)(share);
    if (value >= least && value <= most) return value;
    require(kind_ != Kind::constant, who, expected, value);
    require(false, who, expected, detail::join(value, " after a share ", share, " of the run"));
    return value;
  }

  /// What the owner of a schedule asks of it at construction: at() of the whole run. A function is tried at 65 shares.
  void validate(const char* who, const char* expected, double least = 0,
                double most = std::numeric_limits<double>::max()) const {
    // the other kinds lie between their ends
    const int parts = kind_ == Kind::constant ? 0 : kind_ == Kind::function ? 64 : 1;
    for (int i = 0; i <= parts; ++i) {
      static_cast<void>(at(parts == 0 ? 0 : static_cast<double>(i) / parts, who, expected, least, most));
    }
  }

  /// Whether it is known to be this value throughout.
  [[nodiscard]] bool is_always(double value) const {
    return kind_ != Kind::function && start_ == value && end_ == value;
  }

 private:
  enum class Kind { constant, linear, geometric, function };

  Schedule(Kind kind, double start, double end) : kind_(kind), start_(start), end_(end) {}

  Kind kind_ = Kind::constant;
  double start_ = 0;
  double end_ = 0;
  // shared, since a copy of an optimiser must not allocate
  std::shared_ptr<const std::function<double(double)>> function_;
};

}  // namespace vantage

#endif
