// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_TRANSFORM_REWARD_HPP
#define VANTAGE_ENV_TRANSFORM_REWARD_HPP

#include <type_traits>
#include <utility>

#include "vantage/env/wrapper.hpp"

namespace vantage {

/// Replaces the reward by a function of it:
///
///     reward = f(r)   or   reward = f(r, action, observation after the step)
///
/// The terms stay those of the environment inside, so they explain r. After a fault f is not called. f must depend on
/// nothing but its arguments: what it remembered would be lost on saving the state.
template <Environment E, class F>
class TransformReward : public Wrapper<E> {
 public:
  static constexpr bool kTakesReward =
      std::is_invocable_r_v<double, const F&, double>;  ///< whether f sees the reward alone
  static_assert(kTakesReward ||
                    std::is_invocable_r_v<double, const F&, double, const Vector<double>&, ConstVectorRef<double>>,
                "TransformReward needs a function f(double reward) or f(double reward, const Vector<double>& action, "
                "ConstVectorRef<double> observation) that returns a double and is callable while const");

  /// The environment inside, and f.
  TransformReward(E environment, F function) : Wrapper<E>(std::move(environment)), function_(std::move(function)) {}

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    StepResult result = Wrapper<E>::step(action, observation);
    if (result.fault) return result;
    if constexpr (kTakesReward) {
      result.reward = function_.get()(result.reward);
    } else {
      result.reward = function_.get()(result.reward, action, observation);
    }
    return result;
  }

 private:
  detail::AssignableFunction<F> function_;
};

}  // namespace vantage

#endif
