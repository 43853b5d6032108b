// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_ACTION_SMOOTHING_HPP
#define VANTAGE_ENV_ACTION_SMOOTHING_HPP

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/env/per_component.hpp"
#include "vantage/env/remembering_wrapper.hpp"

namespace vantage {

/// One of the first two.
struct ActionSmoothingOptions {
  std::optional<double> time_constant = {};  ///< tau, steps; of seconds, divide by those of a step
  std::optional<double> coefficient = {};    ///< alpha, the share of the new action, in (0, 1]
  std::vector<double> first = {};  ///< from where an episode begins, one number for all components or one a component;
                                   ///< empty: zeros, clipped to the bounds
};

/// What acts is an exponential mean of the actions:
///
///     a'_t = (1 - alpha) a'_{t-1} + alpha a_t,   a'_{-1} = first,   alpha = 1 - exp(-1 / tau)
///
/// An action that is held has come through by 1 - (1 - alpha)^k = 1 - exp(-k / tau) after k steps; sines above the
/// frequency 1 / (2 pi tau) a step are damped. The reward is that of the action that acted.
template <Environment E>
class ActionSmoothing : public RememberingWrapper<E> {
 public:
  /// Throws: std::invalid_argument for discrete actions, unless one of time_constant > 0 and 0 < coefficient <= 1 is
  /// given, or for a first action that is none of the task's.
  ActionSmoothing(E environment, const ActionSmoothingOptions& options)
      : RememberingWrapper<E>(std::move(environment)) {
    const char* const who = "ActionSmoothing";
    require(!this->spec_.is_discrete(), who, "an environment of continuous actions", this->spec_.name);
    require(options.time_constant.has_value() != options.coefficient.has_value(), who,
            "either a time_constant or a coefficient", options.coefficient ? "both" : "none");
    if (options.coefficient) {
      require(*options.coefficient > 0 && *options.coefficient <= 1, who, "0 < coefficient <= 1", *options.coefficient);
      coefficient_ = *options.coefficient;
    } else {
      require(*options.time_constant > 0 && std::isfinite(*options.time_constant), who, "a finite time_constant > 0",
              *options.time_constant);
      coefficient_ = -std::expm1(-1 / *options.time_constant);
    }
    first_ = resting_action(who, this->spec_, options.first);
    this->remember(first_.size(), 0);
    this->memory_ = first_;
  }

  /// alpha.
  [[nodiscard]] double coefficient() const { return coefficient_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    this->memory_ = first_;
    Wrapper<E>::reset(rng, observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    Vector<double>& acting = this->memory_;
    VANTAGE_ASSERT(action.size() == acting.size());
    // never beyond either of the two, whatever is rounded
    for (Index i = 0; i < acting.size(); ++i) acting[i] = std::lerp(acting[i], action[i], coefficient_);
    return Wrapper<E>::step(acting, observation);
  }

 private:
  double coefficient_ = 1;
  Vector<double> first_;
};

}  // namespace vantage

#endif
