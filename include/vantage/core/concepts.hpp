// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_CONCEPTS_HPP
#define VANTAGE_CORE_CONCEPTS_HPP

#include <concepts>
#include <span>
#include <type_traits>

#include "vantage/core/context.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

struct EnvironmentSpec;
struct StepResult;
enum class ActionMap;
class Normalizer;

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

/// Plays in worlds of one kind and tells what acting there takes: a world to copy, what it says of itself, the map from
/// a policy's actions to the task's units, the time limit (steps; 0: none), and what policies see observations through
/// (null: they see raw ones). Collector and PopulationEvaluator are two.
template <class C>
concept WorldSource = requires(const C& source) {
  requires Environment<std::remove_cvref_t<decltype(source.prototype())>>;
  { source.spec() } -> std::same_as<const EnvironmentSpec&>;
  { source.action_map() } -> std::same_as<ActionMap>;
  { source.time_limit() } -> std::convertible_to<Index>;
  { source.observation_normalizer() } -> std::same_as<const Normalizer*>;
};

/// A copyable model whose learnable numbers are one flat vector.
template <class M>
concept Parameterised = std::copyable<M> && requires(M model, const M& constant) {
  typename M::Scalar;
  { model.parameters() } -> std::same_as<Vector<typename M::Scalar>&>;
  { constant.parameters() } -> std::same_as<const Vector<typename M::Scalar>&>;
};

/// Acts: draws an action for each column of observations, column i from the i-th random stream, and gives the
/// log-probabilities of what it drew. Called by one worker.
template <class P>
concept Actor = std::copyable<P> && requires(const P& policy, const Matrix<typename P::Scalar>& observations,
                                             std::span<Rng> rngs, Matrix<typename P::Scalar>& actions,
                                             Vector<typename P::Scalar>& log_probs, Context& context, Index worker) {
  policy.sample(observations, rngs, actions, log_probs, context, worker);
};

/// An actor with parameters that knows its distribution: the most probable action (by one worker), and the
/// log-probabilities of given actions (by all).
template <class P>
concept StochasticPolicy = Actor<P> && Parameterised<P> &&
    requires(const P& policy, const Matrix<typename P::Scalar>& observations, Matrix<typename P::Scalar>& actions,
             Vector<typename P::Scalar>& out, Context& context, Index worker) {
  policy.mode(observations, actions, context, worker);
  policy.log_prob(observations, actions, context, out);
};

/// A policy that an update can follow uphill: score_gradient writes sum_n w_n grad log pi(a_n|s_n), where
/// weight(first, log_probs, weights) fills in w_n block by block; entropy and the divergence from this policy to
/// another are a number a state; compare gives what measures a step from this policy to another, in one pass.
template <class P>
concept DifferentiablePolicy = StochasticPolicy<P> &&
    requires(const P& policy, const Matrix<typename P::Scalar>& observations, const Matrix<typename P::Scalar>& actions,
             void (*weight)(Index, const VectorRef<typename P::Scalar>&, VectorRef<typename P::Scalar>),
             Vector<typename P::Scalar>& out, Context& context) {
  policy.score_gradient(observations, actions, weight, context, out);
  policy.entropy(observations, context, out);
  policy.kl_divergence(policy, observations, context, out);
  policy.compare(policy, observations, actions, context, out, out, out);
};

/// A policy with the geometry of its distributions: fisher_product writes the product of the Hessian of the mean KL
/// divergence, at its zero, with a vector of parameters.
template <class P>
concept FisherPolicy = DifferentiablePolicy<P> &&
    requires(const P& policy, const Matrix<typename P::Scalar>& observations, const Vector<typename P::Scalar>& v,
             Context& context, Vector<typename P::Scalar>& out) {
  policy.fisher_product(observations, v, context, out);
};

/// A policy that is a value function too: predict writes the value of every state.
template <class P>
concept PolicyWithValue = requires(const P& policy, const Matrix<typename P::Scalar>& inputs, Context& context,
                                   Vector<typename P::Scalar>& values) {
  policy.predict(inputs, context, values);
};

}  // namespace vantage

#endif
