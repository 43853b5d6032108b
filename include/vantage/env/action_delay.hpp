// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_ACTION_DELAY_HPP
#define VANTAGE_ENV_ACTION_DELAY_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/env/per_component.hpp"
#include "vantage/env/remembering_wrapper.hpp"

namespace vantage {

struct ActionDelayOptions {
  Index low = 0;                   ///< least delay, steps
  Index high = 1;                  ///< largest delay, steps
  std::vector<double> first = {};  ///< what acts before the first action arrives, one number for all components or one
                                   ///< a component; empty: zeros, clipped to the task's bounds
};

/// Actions arrive late: step t applies the action of step t - d, and before there is one, a given action.
///
///     a'_t = a_{t-d}  for t >= d,  else first,      d ~ U{low, ..., high} at each reset
///
/// The reward is that of the action that acted.
template <Environment E>
class ActionDelay : public RememberingWrapper<E> {
 public:
  /// Throws: std::invalid_argument unless 0 <= low <= high, for a first action that is none of the task's, and for a
  /// task with a mask: what it allows is not what it will allow.
  ActionDelay(E environment, const ActionDelayOptions& options)
      : RememberingWrapper<E>(std::move(environment)), options_(options) {
    const char* const who = "ActionDelay";
    require(options.low >= 0, who, "low >= 0", options.low);
    require(options.high >= options.low, who, "high >= low", options.high);
    require(!this->spec_.mask_row, who, "an environment whose choices are always allowed", this->spec_.name);
    first_ = resting_action(who, this->spec_, options.first);
    acting_ = first_;
    const Index late = options.high * first_.size();
    // between discrete actions there is nothing
    if (this->spec_.is_discrete()) this->remember(0, late + 1);
    else this->remember(late, 1);
    begin(options.low);
  }

  /// Always by as many steps.
  ActionDelay(E environment, Index steps)
      : ActionDelay(std::move(environment), ActionDelayOptions{.low = steps, .high = steps}) {}

  [[nodiscard]] const ActionDelayOptions& options() const { return options_; }

  /// Of this episode. Units: steps.
  [[nodiscard]] Index delay() const { return static_cast<Index>(this->memory_[this->memory_.size() - 1]); }

  /// The environment inside draws first; a delay that cannot vary draws nothing.
  void reset(Rng& rng, VectorRef<double> observation) {
    Wrapper<E>::reset(rng, observation);
    const Index width = options_.high - options_.low;
    const std::uint64_t more = width == 0 ? 0 : rng.below(static_cast<std::uint64_t>(width) + 1);
    begin(options_.low + static_cast<Index>(more));
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const Index size = first_.size();
    VANTAGE_ASSERT(action.size() == size);
    if (delay() == 0) acting_ = action;
    else acting_ = this->memory_.segment((delay() - 1) * size, size);
    // the newest comes first
    if (options_.high > 0) {
      double* const newest = this->memory_.data();
      std::copy_backward(newest, newest + (options_.high - 1) * size, newest + options_.high * size);
      std::copy_n(action.data(), size, newest);
    }
    return Wrapper<E>::step(acting_, observation);
  }

  /// Throws: std::invalid_argument for a state of another size, or with a delay that is none of these.
  void load_state(const Vector<double>& state) requires StatefulEnvironment<E> {
    require(state.size() == this->state_size(), "ActionDelay", "a state of this environment's size", state.size());
    const double delay = state[state.size() - 1];
    require(delay >= static_cast<double>(options_.low) && delay <= static_cast<double>(options_.high) &&
                delay == std::floor(delay),
            "ActionDelay", "a state with a delay of low to high", delay);
    RememberingWrapper<E>::load_state(state);
  }

 private:
  void begin(Index delay) {
    for (Index i = 0; i < options_.high; ++i) this->memory_.segment(i * first_.size(), first_.size()) = first_;
    this->memory_[this->memory_.size() - 1] = static_cast<double>(delay);
  }

  ActionDelayOptions options_;
  Vector<double> first_;
  Vector<double> acting_;  // scratch
};

}  // namespace vantage

#endif
