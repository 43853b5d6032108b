// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_CONCEPTS_HPP
#define VANTAGE_CORE_CONCEPTS_HPP

#include <concepts>
#include <span>

#include "vantage/core/context.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// A world with one agent. All numbers are double, in the task's own units; a step never resets.
/// `spec()` is constant; `reset` draws its noise from the caller's random stream and writes the first observation;
/// `step` applies an action (spec().action_size()) and writes the observation after it (spec().observation_size).
template <class E>
concept Environment = std::copyable<E> &&
    requires(E environment, const E& constant, Rng& rng, VectorRef<double> observation, const Vector<double>& action) {
  constant.spec().observation_size;
  environment.reset(rng, observation);
  { environment.step(action, observation).reward } -> std::convertible_to<double>;
  { environment.step(action, observation).terminated } -> std::convertible_to<bool>;
  { environment.step(action, observation).fault } -> std::convertible_to<bool>;
};

/// An environment whose whole state is a fixed number of doubles: it can be checkpointed and cloned.
template <class E>
concept StatefulEnvironment = Environment<E> &&
    requires(E environment, const E& constant, VectorRef<double> out, const Vector<double>& state) {
  { constant.state_size() } -> std::convertible_to<Index>;
  constant.save_state(out);
  environment.load_state(state);
};

/// An environment that explains its last reward, one number for each of spec().reward_terms.
template <class E>
concept HasRewardTerms = requires(const E& environment) {
  { environment.reward_terms() } -> std::convertible_to<std::span<const double>>;
};

/// A copyable model whose learnable numbers are one flat vector.
template <class M>
concept Parameterised = std::copyable<M> && requires(M model, const M& constant) {
  typename M::Scalar;
  { model.parameters() } -> std::same_as<Vector<typename M::Scalar>&>;
  { constant.parameters() } -> std::same_as<const Vector<typename M::Scalar>&>;
};

}  // namespace vantage

#endif
