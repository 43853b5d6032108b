// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_CONCEPTS_HPP
#define VANTAGE_CORE_CONCEPTS_HPP

#include <concepts>
#include <ranges>
#include <span>
#include <type_traits>

#include "vantage/core/context.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"

// what each stage asks of its parts, in the order in which numbers flow; tests/core/concepts_test.cpp holds the
// smallest class that satisfies each

namespace vantage {

struct EnvironmentSpec;
struct MlpInitialization;
struct StepResult;
enum class ActionMap;
class Normalizer;
struct EpisodeStatistics;
struct ValueReport;
struct PolicyReport;
struct IterationReport;
enum class Signal;
template <class S>
struct Batch;
template <class S>
struct AdvantageEstimate;
template <class P>
struct Regularization;

namespace detail {

template <class T, class Value>
concept ValueOf = std::same_as<std::remove_cvref_t<T>, Value>;

template <class T, class Value>
concept ReferenceTo = std::is_lvalue_reference_v<T> && ValueOf<T, Value>;

// what an update gives as a weight: something to call, and nothing more special than that
template <class S>
struct AnyWeight {
  void operator()(Index first, const VectorRef<S>& fresh, VectorRef<S> weights) const;
};

}  // namespace detail

// ---- worlds

/// spec() is const and gives a reference to an EnvironmentSpec that lives as long as the environment and does not
/// change.
template <class E>
concept GivesSpecByReference = requires(const E& environment) {
  { environment.spec() } -> detail::ReferenceTo<EnvironmentSpec>;
};

/// reset(rng, observation) writes to a column of a matrix: it takes a VectorRef<double>, by value.
template <class E>
concept ResetsIntoColumn = requires(E environment, Rng& rng, Matrix<double>& observations, VectorRef<double> out) {
  environment.reset(rng, observations.col(0));
  environment.reset(rng, out);
};

/// step(action, observation) takes a const Vector<double>& and a VectorRef<double>, and gives a StepResult, not
/// something that looks like one.
template <class E>
concept StepsToStepResult = requires(E environment, const Vector<double>& action, Matrix<double>& observations,
                                     VectorRef<double> out) {
  { environment.step(action, observations.col(0)) } -> detail::ValueOf<StepResult>;
  { environment.step(action, out) } -> detail::ValueOf<StepResult>;
};

/// A world with one agent. All numbers are double, in the task's own units; a step never resets.
/// `spec()` is constant; `reset` draws its noise from the caller's random stream and writes the first observation;
/// `step` applies an action (spec().action_size()) and writes the observation after it (spec().observation_size).
template <class E>
concept Environment = std::copyable<E> && GivesSpecByReference<E> && ResetsIntoColumn<E> && StepsToStepResult<E>;

/// An environment whose whole state is a fixed number of doubles: it can be checkpointed and cloned.
template <class E>
concept StatefulEnvironment = Environment<E> &&
    requires(E environment, const E& constant, Matrix<double>& states, const Vector<double>& state) {
  { constant.state_size() } -> std::convertible_to<Index>;
  constant.save_state(states.col(0));
  environment.load_state(states.col(0));
  environment.load_state(state);
};

/// A stateful environment whose saved state can be moved a little, in directions of tangent_size() numbers: the state's
/// first ones, which are free to move, or else displace and difference say what a move is, see env/tangent.hpp. What
/// else is in the state (random streams, clocks, a solver's warm start) stays where it is.
template <class E>
concept TangentEnvironment = StatefulEnvironment<E> && requires(const E& environment) {
  { environment.tangent_size() } -> std::convertible_to<Index>;
};

/// An environment that explains its last reward, one number for each of spec().reward_terms: a view of numbers that it
/// keeps.
template <class E>
concept HasRewardTerms = requires(const E& environment) {
  { environment.reward_terms() } -> std::convertible_to<std::span<const double>>;
  requires std::ranges::borrowed_range<decltype(environment.reward_terms())>;
};

/// An environment that shows a critic more than the policy: after a reset or a step critic_observation() is a view of
/// spec().critic_observation_size numbers that it keeps, about the same state.
template <class E>
concept HasCriticObservation = requires(const E& environment) {
  { environment.critic_observation() } -> std::convertible_to<std::span<const double>>;
  requires std::ranges::borrowed_range<decltype(environment.critic_observation())>;
};

/// Plays in worlds of one kind and tells what acting there takes: a world to copy, what it says of itself, the map from
/// a policy's actions to the task's units, the time limit (steps; 0: none), and what policies see observations through
/// (null: they see raw ones). Collector and PopulationEvaluator are two.
template <class C>
concept WorldSource = requires(const C& source) {
  requires Environment<std::remove_cvref_t<decltype(source.prototype())>>;
  { source.spec() } -> detail::ReferenceTo<EnvironmentSpec>;
  { source.action_map() } -> detail::ValueOf<ActionMap>;
  { source.time_limit() } -> std::convertible_to<Index>;
  { source.observation_normalizer() } -> std::convertible_to<const Normalizer*>;
};

// ---- models and policies

/// A copyable model whose learnable numbers are one flat vector.
template <class M>
concept Parameterised = std::copyable<M> && requires(M model, const M& constant) {
  typename M::Scalar;
  { model.parameters() } -> std::same_as<Vector<typename M::Scalar>&>;
  { constant.parameters() } -> std::same_as<const Vector<typename M::Scalar>&>;
};

/// A pure function of a flat vector of parameters theta and of a block of inputs, a column a sample, with derivatives:
/// a network, or what may stand in front of one. A Tape is a worker's scratch and keeps the last forward pass for what
/// follows it. initialize draws parameters; forward gives the outputs, a view into the tape; backward adds
/// (dy/dtheta)^T output_gradient to a gradient; tangent gives (dy/dtheta) direction, a view too. All of them are called
/// with the scalar: map.template forward<S>(theta, x, tape). One that may be the identity says so by is_identity().
template <class M, class S>
concept DifferentiableMap = std::copyable<M> &&
    requires(const M& map, const Vector<S>& theta, const Matrix<S>& x, typename M::template Tape<S>& tape,
             VectorRef<S> gradient, const MlpInitialization& initialization, Rng& rng) {
  { map.input_size() } -> std::convertible_to<Index>;
  { map.output_size() } -> std::convertible_to<Index>;
  { map.parameter_count() } -> std::convertible_to<Index>;
  map.template initialize<S>(gradient, initialization, rng);
  { map.template forward<S>(theta, x, tape) } -> std::convertible_to<Eigen::Map<Matrix<S>>>;
  { tape.output() } -> std::convertible_to<Eigen::Map<Matrix<S>>>;
  map.template backward<S>(theta, x, tape, x, gradient);
  { map.template tangent<S>(theta, x, tape, theta) } -> std::convertible_to<Eigen::Map<Matrix<S>>>;
  tape.swap_activations(tape);
};

/// Acts: draws an action for each column of observations, column i from the i-th random stream, and gives the
/// log-probabilities of what it drew, all of them blocks of what others own. Called by one worker.
template <class P>
concept Actor = std::copyable<P> && requires(const P& policy, Matrix<typename P::Scalar>& numbers, std::span<Rng> rngs,
                                             Vector<typename P::Scalar>& log_probs, Context& context, Index worker) {
  policy.sample(numbers.middleCols(0, 1), rngs, numbers.middleCols(0, 1), log_probs.segment(0, 1), context, worker);
  policy.sample(numbers, rngs, numbers, log_probs, context, worker);
};

/// An actor that knows its most probable action. Called by one worker.
template <class P>
concept ActorWithMode = Actor<P> && requires(const P& policy, const Matrix<typename P::Scalar>& observations,
                                             Matrix<typename P::Scalar>& actions, Context& context, Index worker) {
  policy.mode(observations, actions, context, worker);
};

/// An actor with parameters that knows its distribution: the most probable action (by one worker), and the
/// log-probabilities of given actions (by all).
template <class P>
concept StochasticPolicy = ActorWithMode<P> && Parameterised<P> &&
    requires(const P& policy, const Matrix<typename P::Scalar>& observations, const Matrix<typename P::Scalar>& actions,
             Vector<typename P::Scalar>& out, Context& context) {
  policy.log_prob(observations, actions, context, out);
};

/// A policy that an update can follow uphill: score_gradient writes sum_n w_n grad log pi(a_n|s_n), where
/// weight(first, log_probs, weights), any function object, fills in w_n block by block; entropy and the divergence from
/// this policy to another are a number a state; compare gives what measures a step from this policy to another, in one
/// pass.
template <class P>
concept DifferentiablePolicy = StochasticPolicy<P> &&
    requires(const P& policy, const Matrix<typename P::Scalar>& observations, const Matrix<typename P::Scalar>& actions,
             const detail::AnyWeight<typename P::Scalar>& weight, Vector<typename P::Scalar>& out, Context& context) {
  policy.score_gradient(observations, actions, weight, context, out);
  policy.entropy(observations, context, out);
  policy.kl_divergence(policy, observations, context, out);
  policy.compare(policy, observations, actions, context, out, out, out);
};

/// A model whose steps can be measured: compare gives the log-probabilities and the entropy of another and the
/// divergence from this one to it, a number a sample each.
template <class P>
concept ComparablePolicy = Parameterised<P> &&
    requires(const P& policy, const Matrix<typename P::Scalar>& observations, const Matrix<typename P::Scalar>& actions,
             Vector<typename P::Scalar>& out, Context& context) {
  policy.compare(policy, observations, actions, context, out, out, out);
};

/// What Vpg, Ppo and PpoPenalty follow uphill: a score_gradient that also adds the gradients of an entropy bonus and of
/// a KL penalty.
template <class P>
concept RegularizedPolicy = ComparablePolicy<P> &&
    requires(const P& policy, const Matrix<typename P::Scalar>& observations, const Matrix<typename P::Scalar>& actions,
             const detail::AnyWeight<typename P::Scalar>& weight, Vector<typename P::Scalar>& out, Context& context,
             const Regularization<P>& regularization) {
  policy.score_gradient(observations, actions, weight, context, out, regularization);
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

/// A policy that is a value function too, and gives the gradients of both in one pass.
template <class P>
concept JointPolicy = ComparablePolicy<P> && PolicyWithValue<P> &&
    requires(const P& policy, const Matrix<typename P::Scalar>& observations, const Matrix<typename P::Scalar>& actions,
             const detail::AnyWeight<typename P::Scalar>& weight, Vector<typename P::Scalar>& out, Context& context,
             const Regularization<P>& regularization) {
  policy.joint_gradient(observations, actions, weight, weight, context, out, regularization);
};

/// Acts by any parameters theta, so that one object serves a population: act(theta, observations, actions, tape), where
/// the tape is a worker's scratch.
template <class P>
concept PopulationPolicy = std::default_initializable<typename P::Tape> &&
    requires(const P& policy, Vector<typename P::Scalar>& theta, Matrix<typename P::Scalar>& numbers,
             typename P::Tape& tape) {
  { policy.parameters().size() } -> std::convertible_to<Index>;
  policy.act(theta, numbers, numbers, tape);
};

// ---- values

/// predict writes the value of every column of its inputs.
template <class V, class S>
concept ValueFunction = requires(const V& value, const Matrix<S>& inputs, Context& context, Vector<S>& values) {
  value.predict(inputs, context, values);
  value.predict(inputs.leftCols(1), context, values.head(1));
};

/// A value function that a regression can fit: gradient writes sum_n w_n grad V(input_n), where weight(first, values,
/// weights), any function object, fills in w_n block by block.
template <class V>
concept DifferentiableValue = Parameterised<V> && ValueFunction<V, typename V::Scalar> &&
    requires(V& value, const Matrix<typename V::Scalar>& inputs, const detail::AnyWeight<typename V::Scalar>& weight,
             Context& context, Vector<typename V::Scalar>& out) {
  value.gradient(inputs, weight, context, out);
};

/// A differentiable value that can be made factor V + shift: rescale(factor, shift).
template <class V>
concept RescalableValue = DifferentiableValue<V> && requires(V& value, double number) {
  value.rescale(number, number);
};

/// A value function of one input that is climbed: input_gradient writes dV/d input and gives V.
template <class V, class S>
concept InputDifferentiable = requires(const V& value, Vector<S>& input, Context& context, Vector<S>& gradient) {
  { value.input_gradient(input, context, gradient) } -> std::convertible_to<S>;
};

/// A value function that depends on whose states it is asked about: follow(policy) tells it, before the values of a
/// batch are asked for, which policy drew the batch.
template <class V, class P>
concept FollowsPolicy = requires(V& value, const P& policy) {
  value.follow(policy);
};

// ---- the stages of training, after what they work on

/// Fills a batch with what a policy does.
template <class C, class P>
concept RolloutSource = requires(C& source, const P& policy, Context& context, Batch<typename P::Scalar>& batch) {
  source.collect(policy, context, batch);
};

/// Plays an episode for each column of parameters.
template <class C, class P>
concept PopulationSource = requires(C& source, const P& policy, MatrixRef<typename P::Scalar> thetas, Context& context,
                                    EpisodeStatistics& episodes) {
  source(policy, thetas, context, episodes);
};

/// Makes advantages and value targets of a batch.
template <class A, class V, class S>
concept AdvantageEstimator = requires(A& advantage, const Batch<S>& batch, const V& value, Context& context,
                                      AdvantageEstimate<S>& estimate) {
  advantage(batch, value, context, estimate);
};

/// Fits a value function to targets, one a column of the inputs.
template <class U, class V, class S>
concept ValueUpdate = requires(U& update, V& value, const Matrix<S>& inputs, const Vector<S>& targets,
                               Context& context) {
  { update(value, inputs, targets, context) } -> detail::ValueOf<ValueReport>;
};

/// Changes a policy by what a batch shows; it may ask for the policy that drew the batch as a last argument.
template <class U, class P>
concept PolicyUpdate = requires(U& update, P& policy, const Batch<typename P::Scalar>& batch,
                                const AdvantageEstimate<typename P::Scalar>& estimate, Context& context,
                                const P* drawn_by) {
  { update(policy, batch, estimate, context) } -> detail::ValueOf<PolicyReport>;
}
|| requires(U& update, P& policy, const Batch<typename P::Scalar>& batch,
            const AdvantageEstimate<typename P::Scalar>& estimate, Context& context, const P* drawn_by) {
  { update(policy, batch, estimate, context, drawn_by) } -> detail::ValueOf<PolicyReport>;
};

namespace detail {

template <class T>
concept Answer = std::is_void_v<T> || ValueOf<T, Signal>;

template <class O, class... Arguments>
concept Answers = requires(O& observer, Arguments... arguments) {
  { observer(arguments...) } -> Answer;
};

}  // namespace detail

/// Is called after an iteration as observer(report, agent), if that is possible, or else as observer(report), and
/// answers with nothing or a Signal.
template <class O, class A>
concept Observer = detail::Answers<O, const IterationReport&, const A&> ||
    (!std::invocable<O&, const IterationReport&, const A&> && detail::Answers<O, const IterationReport&>);

}  // namespace vantage

#endif
