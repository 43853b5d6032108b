// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_ACTION_RATE_LIMIT_HPP
#define VANTAGE_ENV_ACTION_RATE_LIMIT_HPP

#include <algorithm>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/env/per_component.hpp"
#include "vantage/env/remembering_wrapper.hpp"

namespace vantage {

struct ActionRateLimitOptions {
  std::vector<double> change = {};  ///< largest change a step, one number for all components or one a component; may be
                                    ///< infinite
  std::vector<double> first = {};   ///< from where an episode begins, likewise; empty: zeros, clipped to the bounds
};

/// What acts follows the action, and no faster than a given change a step:
///
///     a'_t = clip(a_t, a'_{t-1} - change, a'_{t-1} + change),   a'_{-1} = first
///
/// The reward is that of the action that acted. Units: those of the action; of a rate a second, change = rate times the
/// seconds of a step.
template <Environment E>
class ActionRateLimit : public RememberingWrapper<E> {
 public:
  /// Throws: std::invalid_argument for discrete actions, a change that is not > 0, or a first action that is none of
  /// the task's.
  ActionRateLimit(E environment, const ActionRateLimitOptions& options)
      : RememberingWrapper<E>(std::move(environment)) {
    const char* const who = "ActionRateLimit";
    require(!this->spec_.is_discrete(), who, "an environment of continuous actions", this->spec_.name);
    change_ = per_component(who, "change", options.change, this->spec_.action_size(), "of numbers > 0",
                            [](double x) { return x > 0; });
    first_ = resting_action(who, this->spec_, options.first);
    this->remember(first_.size(), 0);
    this->memory_ = first_;
  }

  void reset(Rng& rng, VectorRef<double> observation) {
    this->memory_ = first_;
    Wrapper<E>::reset(rng, observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    Vector<double>& acting = this->memory_;
    VANTAGE_ASSERT(action.size() == acting.size());
    // what is not a number stays so, and is a fault inside
    for (Index i = 0; i < acting.size(); ++i) {
      acting[i] = std::clamp(action[i], acting[i] - change_[i], acting[i] + change_[i]);
    }
    return Wrapper<E>::step(acting, observation);
  }

 private:
  Vector<double> change_;
  Vector<double> first_;
};

}  // namespace vantage

#endif
