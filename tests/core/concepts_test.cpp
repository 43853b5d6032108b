// SPDX-License-Identifier: MIT
#include "vantage/core/concepts.hpp"

#include <array>
#include <vector>

#include "catch.hpp"
#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/action_map.hpp"
#include "vantage/env/vector_environment.hpp"
#include "vantage/policy/regularization.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/rollout/evaluate.hpp"
#include "vantage/rollout/population_evaluator.hpp"
#include "vantage/train/train.hpp"
#include "vantage/value/normalized_regression.hpp"
#include "vantage/value/normalized_value.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

using S = float;

// the smallest classes that satisfy each concept, and what is a little less

struct TinyWorld {
  EnvironmentSpec tiny{"tiny", 1, Vector<double>::Constant(1, -1), Vector<double>::Ones(1), 2, {}};
  const EnvironmentSpec& spec() const { return tiny; }
  void reset(Rng&, VectorRef<double> observation) { observation[0] = 0; }
  StepResult step(const Vector<double>&, VectorRef<double> observation) {
    observation[0] = 1;
    return {};
  }
};
struct TinyState : TinyWorld {
  int state_size() const { return 0; }
  void save_state(VectorRef<double>) const {}
  void load_state(const Vector<double>&) {}
};
struct TinyTangent : TinyState {
  int tangent_size() const { return 0; }
};
struct TinyTerms {
  std::span<const double> reward_terms() const { return {}; }
};
struct KeptTerms {
  std::vector<double> terms;
  const std::vector<double>& reward_terms() const { return terms; }
};

struct SpecByValue : TinyWorld {
  EnvironmentSpec spec() const { return tiny; }
};
struct SpecOfAnotherType : TinyWorld {
  struct Spec {
    Index observation_size;
  };
  Spec other;
  const Spec& spec() const { return other; }
};
struct SpecNotConst : TinyWorld {
  const EnvironmentSpec& spec() { return tiny; }
};
struct LooksLikeAResult : TinyWorld {
  struct Result {
    double reward;
    bool terminated, fault;
  };
  Result step(const Vector<double>&, VectorRef<double>) { return {}; }
};
struct ResetsIntoANamedVector : TinyWorld {
  void reset(Rng&, VectorRef<double>&) {}
};
struct StepsIntoANamedVector : TinyWorld {
  StepResult step(const Vector<double>&, Vector<double>&) { return {}; }
};
struct ChangesTheAction : TinyWorld {
  StepResult step(Vector<double>&, VectorRef<double>) { return {}; }
};
struct NotCopied : TinyWorld {
  NotCopied(const NotCopied&) = delete;
};
struct TermsOfNobody {
  std::vector<double> reward_terms() const { return {1, 2}; }
  std::vector<double> critic_observation() const { return {1, 2}; }
};
struct TinyCritic {
  std::span<const double> critic_observation() const { return {}; }
};

struct TinyModel {
  using Scalar = S;
  Vector<S> theta;
  Vector<S>& parameters() { return theta; }
  const Vector<S>& parameters() const { return theta; }
};
struct ByValue : TinyModel {
  Vector<S> parameters() { return theta; }
};

struct TinyMap {
  template <class T>
  struct Tape {
    Matrix<T> numbers;
    Eigen::Map<Matrix<T>> output() { return {numbers.data(), numbers.rows(), numbers.cols()}; }
    void swap_activations(Tape& other) { numbers.swap(other.numbers); }
  };
  int input_size() const { return 1; }
  int output_size() const { return 1; }
  int parameter_count() const { return 0; }
  template <class T>
  void initialize(VectorRef<T>, const MlpInitialization&, Rng&) const {}
  template <class T>
  Eigen::Map<Matrix<T>> forward(ConstVectorRef<T>, ConstMatrixRef<T> x, Tape<T>& tape) const {
    tape.numbers = x;
    return tape.output();
  }
  template <class T>
  void backward(ConstVectorRef<T>, ConstMatrixRef<T>, Tape<T>&, ConstMatrixRef<T>, VectorRef<T>) const {}
  template <class T>
  Eigen::Map<Matrix<T>> tangent(ConstVectorRef<T>, ConstMatrixRef<T>, Tape<T>& tape, ConstVectorRef<T>) const {
    return tape.output();
  }
};
struct NoTangent : TinyMap {
  template <class T>
  Eigen::Map<Matrix<T>> tangent(ConstVectorRef<T>, ConstMatrixRef<T>, Tape<T>&) const;
};
struct TinyActor {
  using Scalar = S;
  void sample(ConstMatrixRef<S>, std::span<Rng>, MatrixRef<S> actions, VectorRef<S> log_probs, Context&, Index) const {
    actions.setZero();
    log_probs.setZero();
  }
};
struct WritesWholeMatrices {
  using Scalar = S;
  void sample(const Matrix<S>&, std::span<Rng>, Matrix<S>&, Vector<S>&, Context&, Index) const {}
};
struct TinyMode : TinyActor {
  void mode(ConstMatrixRef<S>, MatrixRef<S> actions, Context&, Index) const { actions.setOnes(); }
};
struct TinyStochastic : TinyModel, TinyMode {
  using Scalar = S;
  void log_prob(ConstMatrixRef<S>, ConstMatrixRef<S>, Context&, VectorRef<S>) const {}
};
struct TinyDifferentiable : TinyStochastic {
  template <class Weight>
  void score_gradient(ConstMatrixRef<S>, ConstMatrixRef<S>, Weight&&, Context&, Vector<S>&) const {}
  void entropy(ConstMatrixRef<S>, Context&, VectorRef<S>) const {}
  void kl_divergence(const TinyDifferentiable&, ConstMatrixRef<S>, Context&, VectorRef<S>) const {}
  void compare(const TinyDifferentiable&, ConstMatrixRef<S>, ConstMatrixRef<S>, Context&, VectorRef<S>, VectorRef<S>,
               VectorRef<S>) const {}
};
struct WeighsByPointer : TinyDifferentiable {
  void score_gradient(ConstMatrixRef<S>, ConstMatrixRef<S>, void (*)(Index, const VectorRef<S>&, VectorRef<S>),
                      Context&, Vector<S>&) const {}
};
struct TinyComparable : TinyModel {
  template <class P>
  void compare(const P&, ConstMatrixRef<S>, ConstMatrixRef<S>, Context&, VectorRef<S>, VectorRef<S>,
               VectorRef<S>) const {}
};
struct TinyRegularized : TinyComparable {
  template <class Weight>
  void score_gradient(ConstMatrixRef<S>, ConstMatrixRef<S>, Weight&&, Context&, Vector<S>&,
                      const Regularization<TinyRegularized>&) const {}
};
struct TinyFisher : TinyDifferentiable {
  void fisher_product(ConstMatrixRef<S>, const Vector<S>&, Context&, Vector<S>&) const {}
};
struct WritesItself : TinyDifferentiable {
  void fisher_product(ConstMatrixRef<S>, const Vector<S>&, Context&, Vector<S>&) {}
};
struct TinyJoint : TinyComparable {
  void predict(ConstMatrixRef<S>, Context&, VectorRef<S> values) const { values.setZero(); }
  template <class Weight, class ValueWeight>
  void joint_gradient(ConstMatrixRef<S>, ConstMatrixRef<S>, Weight&&, ValueWeight&&, Context&, Vector<S>&,
                      const Regularization<TinyJoint>&) const {}
};
struct TinyPopulation {
  using Scalar = S;
  struct Tape {};
  Vector<S> theta = Vector<S>::Zero(1);
  const Vector<S>& parameters() const { return theta; }
  void act(ConstVectorRef<S> at, ConstMatrixRef<S>, MatrixRef<S> actions, Tape&) const { actions.setConstant(at[0]); }
};

struct TinyValue {
  void predict(ConstMatrixRef<S>, Context&, VectorRef<S> values) const { values.setZero(); }
};
struct PredictsWholeVectors {
  void predict(const Matrix<S>&, Context&, Vector<S>&) const {}
};
struct TinyLearner : TinyModel, TinyValue {
  template <class Weight>
  void gradient(ConstMatrixRef<S>, Weight&&, Context&, Vector<S>& gradient) const {
    gradient.setZero(parameters().size());
  }
};
struct TinyScale : TinyLearner {
  void rescale(double, double) {}
};
struct TinyFollower : TinyLearner {
  S seen = -1;
  void follow(const TinyStochastic& policy) { seen = policy.parameters()[0]; }
};
struct TinyHill {
  S input_gradient(const Vector<S>&, Context&, Vector<S>&) const { return 0; }
};

struct TinySource {
  void collect(const TinyStochastic&, Context&, Batch<S>&) {}
};
struct TinyPlayer {
  void operator()(const TinyPopulation&, MatrixRef<S>, Context&, EpisodeStatistics&) {}
};
struct TinyWorlds {
  TinyWorld world;
  const TinyWorld& prototype() const { return world; }
  const EnvironmentSpec& spec() const { return world.spec(); }
  ActionMap action_map() const { return ActionMap::none; }
  Index time_limit() const { return 2; }
  const Normalizer* observation_normalizer() const { return nullptr; }
};
struct WorldsWithoutClock : TinyWorlds {
  void time_limit() const {}
};
struct TinyEstimator {
  void operator()(const Batch<S>&, const TinyValue&, Context&, AdvantageEstimate<S>&) {}
};
struct TinyFit {
  ValueReport operator()(TinyLearner&, ConstMatrixRef<S>, const Vector<S>&, Context&) { return {}; }
};
struct FitsInSilence {
  void operator()(TinyLearner&, ConstMatrixRef<S>, const Vector<S>&, Context&) {}
};
struct TinyStep {
  PolicyReport operator()(TinyStochastic&, const Batch<S>&, const AdvantageEstimate<S>&, Context&) { return {}; }
};
struct TinyStepFrom {
  PolicyReport operator()(TinyStochastic&, const Batch<S>&, const AdvantageEstimate<S>&, Context&,
                          const TinyStochastic*) {
    return {};
  }
};

}  // namespace

TEST_CASE("worlds: the smallest classes satisfy the concepts, and less does not") {
  STATIC_REQUIRE(Environment<TinyWorld>);
  STATIC_REQUIRE(StatefulEnvironment<TinyState>);
  STATIC_REQUIRE(TangentEnvironment<TinyTangent>);
  STATIC_REQUIRE_FALSE(TangentEnvironment<TinyState>);
  STATIC_REQUIRE(HasRewardTerms<TinyTerms>);
  STATIC_REQUIRE(HasRewardTerms<KeptTerms>);
  STATIC_REQUIRE(WorldSource<TinyWorlds>);
  STATIC_REQUIRE(WorldSource<Collector<TinyWorld>>);
  STATIC_REQUIRE(WorldSource<PopulationEvaluator<TinyWorld>>);
  STATIC_REQUIRE_FALSE(Environment<SpecByValue>);
  STATIC_REQUIRE_FALSE(Environment<SpecOfAnotherType>);
  STATIC_REQUIRE_FALSE(Environment<SpecNotConst>);
  STATIC_REQUIRE_FALSE(Environment<LooksLikeAResult>);
  STATIC_REQUIRE_FALSE(Environment<ResetsIntoANamedVector>);
  STATIC_REQUIRE_FALSE(Environment<StepsIntoANamedVector>);
  STATIC_REQUIRE_FALSE(Environment<ChangesTheAction>);
  STATIC_REQUIRE_FALSE(Environment<NotCopied>);
  STATIC_REQUIRE_FALSE(Environment<int>);
  STATIC_REQUIRE_FALSE(StatefulEnvironment<TinyWorld>);
  STATIC_REQUIRE_FALSE(HasRewardTerms<TinyWorld>);
  STATIC_REQUIRE_FALSE(HasRewardTerms<TermsOfNobody>);
  STATIC_REQUIRE(HasCriticObservation<TinyCritic>);
  STATIC_REQUIRE_FALSE(HasCriticObservation<TermsOfNobody>);
  STATIC_REQUIRE_FALSE(WorldSource<WorldsWithoutClock>);
  STATIC_REQUIRE_FALSE(WorldSource<TinyWorld>);
}

TEST_CASE("a map stands in front of a network with no more than its forward pass and two derivatives") {
  STATIC_REQUIRE(DifferentiableMap<TinyMap, float>);
  STATIC_REQUIRE(DifferentiableMap<TinyMap, double>);
  STATIC_REQUIRE_FALSE(DifferentiableMap<NoTangent, float>);
  STATIC_REQUIRE_FALSE(DifferentiableMap<TinyModel, float>);
}

TEST_CASE("policies stand on a ladder, and each rung asks for more") {
  STATIC_REQUIRE(Parameterised<TinyModel>);
  STATIC_REQUIRE(Actor<TinyActor>);
  STATIC_REQUIRE(ActorWithMode<TinyMode>);
  STATIC_REQUIRE(StochasticPolicy<TinyStochastic>);
  STATIC_REQUIRE(DifferentiablePolicy<TinyDifferentiable>);
  STATIC_REQUIRE(ComparablePolicy<TinyComparable>);
  STATIC_REQUIRE(RegularizedPolicy<TinyRegularized>);
  STATIC_REQUIRE(FisherPolicy<TinyFisher>);
  STATIC_REQUIRE(JointPolicy<TinyJoint>);
  STATIC_REQUIRE(PopulationPolicy<TinyPopulation>);
  STATIC_REQUIRE_FALSE(Parameterised<ByValue>);
  STATIC_REQUIRE_FALSE(Parameterised<TinyWorld>);
  STATIC_REQUIRE_FALSE(Actor<TinyModel>);
  STATIC_REQUIRE_FALSE(Actor<WritesWholeMatrices>);
  STATIC_REQUIRE_FALSE(ActorWithMode<TinyActor>);
  STATIC_REQUIRE_FALSE(StochasticPolicy<TinyMode>);
  STATIC_REQUIRE_FALSE(DifferentiablePolicy<TinyStochastic>);
  STATIC_REQUIRE_FALSE(DifferentiablePolicy<WeighsByPointer>);
  STATIC_REQUIRE_FALSE(RegularizedPolicy<TinyDifferentiable>);
  STATIC_REQUIRE_FALSE(RegularizedPolicy<TinyComparable>);
  STATIC_REQUIRE_FALSE(ComparablePolicy<TinyStochastic>);
  STATIC_REQUIRE_FALSE(FisherPolicy<TinyDifferentiable>);
  // a policy is not changed by being asked
  STATIC_REQUIRE_FALSE(FisherPolicy<WritesItself>);
  STATIC_REQUIRE_FALSE(JointPolicy<TinyRegularized>);
  STATIC_REQUIRE_FALSE(PopulationPolicy<TinyStochastic>);
}

TEST_CASE("values and the stages of training: the smallest classes satisfy the concepts, and less does not") {
  STATIC_REQUIRE(ValueFunction<TinyValue, S>);
  STATIC_REQUIRE(DifferentiableValue<TinyLearner>);
  STATIC_REQUIRE(RescalableValue<TinyScale>);
  STATIC_REQUIRE(InputDifferentiable<TinyHill, S>);
  STATIC_REQUIRE(FollowsPolicy<TinyFollower, TinyStochastic>);
  STATIC_REQUIRE(RolloutSource<TinySource, TinyStochastic>);
  STATIC_REQUIRE(PopulationSource<TinyPlayer, TinyPopulation>);
  STATIC_REQUIRE(AdvantageEstimator<TinyEstimator, TinyValue, S>);
  STATIC_REQUIRE(ValueUpdate<TinyFit, TinyLearner, S>);
  STATIC_REQUIRE(PolicyUpdate<TinyStep, TinyStochastic>);
  STATIC_REQUIRE(PolicyUpdate<TinyStepFrom, TinyStochastic>);
  STATIC_REQUIRE_FALSE(ValueFunction<TinyValue, double>);
  STATIC_REQUIRE_FALSE(ValueFunction<PredictsWholeVectors, S>);
  STATIC_REQUIRE_FALSE(DifferentiableValue<TinyValue>);
  STATIC_REQUIRE_FALSE(RescalableValue<TinyLearner>);
  STATIC_REQUIRE_FALSE(InputDifferentiable<TinyLearner, S>);
  STATIC_REQUIRE_FALSE(FollowsPolicy<TinyLearner, TinyStochastic>);
  STATIC_REQUIRE_FALSE(FollowsPolicy<TinyFollower, TinyPopulation>);
  STATIC_REQUIRE_FALSE(RolloutSource<TinySource, TinyActor>);
  STATIC_REQUIRE_FALSE(RolloutSource<Collector<TinyWorld>, TinyModel>);
  STATIC_REQUIRE_FALSE(PopulationSource<TinyPlayer, TinyActor>);
  STATIC_REQUIRE_FALSE(AdvantageEstimator<Gae, TinyModel, S>);
  STATIC_REQUIRE_FALSE(ValueUpdate<FitsInSilence, TinyLearner, S>);
  STATIC_REQUIRE_FALSE(ValueUpdate<ValueRegression<S>, TinyValue, S>);
  STATIC_REQUIRE_FALSE(PolicyUpdate<TinyFit, TinyStochastic>);
}

TEST_CASE("an observer answers with nothing or a signal") {
  const auto report = [](const IterationReport&) {};
  const auto both = [](const IterationReport&, const int&) { return Signal::proceed; };
  const auto any = [](const auto&...) { return Signal::stop; };
  const auto number = [](const IterationReport&) { return 1; };
  const auto other = [](const int&) {};
  // what is asked for with the agent is what counts
  struct Two {
    void operator()(const IterationReport&) {}
    bool operator()(const IterationReport&, const int&) { return true; }
  };
  STATIC_REQUIRE(Observer<decltype(report), int>);
  STATIC_REQUIRE(Observer<decltype(both), int>);
  STATIC_REQUIRE(Observer<decltype(any), int>);
  STATIC_REQUIRE_FALSE(Observer<decltype(number), int>);
  STATIC_REQUIRE_FALSE(Observer<decltype(other), int>);
  STATIC_REQUIRE_FALSE(Observer<decltype(both), TinyModel>);
  STATIC_REQUIRE_FALSE(Observer<Two, int>);
}

// the concepts promise no more than the stages use: with nothing but the archetypes all of this compiles and runs
TEST_CASE("the stages work with the smallest classes") {
  Context context;
  Collector<TinyWorld> source(VectorEnvironment<TinyWorld>(TinyWorld{}, {.count = 2}), {.steps = 3});
  Batch<S> batch;
  source.collect(TinyActor{}, context, batch);
  CHECK(batch.size() == 6);
  const Evaluation evaluation = evaluate(TinyWorlds{}, TinyMode{}, context, {.episodes = 2, .deterministic = true});
  CHECK(evaluation.lengths == std::vector<Index>{2, 2});

  AdvantageEstimate<S> estimate;
  Gae{}(batch, TinyValue{}, context, estimate);
  CHECK(estimate.advantages.isZero());
  TinyLearner learner;
  learner.theta = Vector<S>::Zero(2);
  CHECK(ValueRegression<S>({.steps = 2})(learner, batch.observations, estimate.value_targets, context).steps == 2);

  TinyScale scale;
  scale.theta = learner.theta;
  NormalizedValue normalized(scale);
  NormalizedRegression regression(ValueRegression<S>({.steps = 2}));
  CHECK(regression(normalized, batch.observations, estimate.value_targets, context).steps == 2);

  PopulationEvaluator<TinyWorld> evaluator(TinyWorld{});
  EpisodeStatistics episodes;
  evaluator(TinyPopulation{}, Matrix<S>(Matrix<S>::Zero(1, 3)), context, episodes);
  CHECK(episodes.lengths == std::vector<Index>{2, 2, 2});

  const ValueNetwork<S, TinyMap> on_map(TinyMap{}, {.hidden = {2}}, context.rng());
  Gae{}(batch, on_map, context, estimate);
  CHECK(estimate.advantages.allFinite());
  Gae{}(batch, TinyValue{}, context, estimate);

  Agent agent{TinyStochastic{}, learner, Gae{}, TinyFit{}, TinyStepFrom{}};
  TrainingProgress progress;
  CHECK(train(source, agent, context, {.steps = 6}, progress) == StopReason::finished);
  // a value that follows policies is told, by the loop, which one drew the batch
  TinyFollower follower;
  follower.theta = learner.theta;
  Agent followed{TinyStochastic{}, follower, Gae{}, TinyFit{}, TinyStepFrom{}};
  followed.policy.theta = Vector<S>::Constant(1, 7);
  TrainingProgress fresh;
  CHECK(train(source, followed, context, {.steps = 6}, fresh) == StopReason::finished);
  CHECK(followed.value.seen == 7);
}
