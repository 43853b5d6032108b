// SPDX-License-Identifier: MIT
#include "vantage/policy/deterministic_policy.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "env/switchboard.hpp"
#include "io/temporary_folder.hpp"
#include "policy/policy_checks.hpp"
#include "vantage/io/archive.hpp"

using namespace vantage;
using Policy = DeterministicPolicy<double>;
static_assert(Actor<Policy> && Parameterised<Policy>);
static_assert(Actor<DeterministicPolicy<float>> && Parameterised<DeterministicPolicy<float>>);
// without a density
static_assert(!StochasticPolicy<Policy>);

namespace {

DeterministicPolicyOptions options_of(Squash squash, double gain, std::vector<Index> hidden = {5, 4}) {
  return {.hidden = std::move(hidden), .activation = Activation::elu, .squash = squash, .output_gain = gain};
}

template <class S>
Vector<S> random(Index size, std::uint64_t seed) {
  Rng rng(seed);
  Vector<S> result(size);
  for (S& x : result) x = static_cast<S>(0.7 * rng.normal());
  return result;
}

template <class S = double>
Matrix<S> random(Index rows, Index columns, std::uint64_t seed) {
  return random<S>(rows * columns, seed).reshaped(rows, columns);
}

// three actions, or choices, from what the options say, in two layers and in none
std::vector<Policy> kinds() {
  Rng rng(2);
  return {Policy(3, 3, options_of(Squash::tanh, 1.7), rng), Policy(3, 3, options_of(Squash::tanh, 1, {}), rng),
          Policy(3, 3, options_of(Squash::none, 0.6), rng), Policy::discrete(3, 3, options_of(Squash::tanh, 1.3), rng)};
}

}  // namespace

TEST_CASE("a response is the squashed multiple of the network's outputs, an action what it says") {
  const Matrix<double> observations = random(3, 9, 1);
  for (const Policy& policy : kinds()) {
    const Vector<double> theta = random<double>(policy.parameters().size(), 5);
    MlpTape<double> tape, other;
    Matrix<double> expected = policy.network().forward<double>(theta, observations, other);
    expected *= policy.options().output_gain;
    if (policy.options().squash == Squash::tanh) {
      expected = expected.unaryExpr([](double y) { return std::tanh(y); }).eval();
    }
    CHECK((policy.respond(theta, observations, tape) - expected).cwiseAbs().maxCoeff() < 1e-14);
    CHECK(policy.response_size() == 3);
    Matrix<double> actions(policy.action_size(), 9);
    policy.act(theta, observations, actions, tape);
    if (policy.discrete_actions() == 0) {
      CHECK(policy.action_size() == 3);
      CHECK(actions == policy.respond(theta, observations, tape));
      continue;
    }
    CHECK(policy.discrete_actions() == 3);
    CHECK(policy.action_size() == 1);
    CHECK(policy.options().squash == Squash::none);
    for (Index n = 0; n < 9; ++n) {
      Index best = 0;
      expected.col(n).maxCoeff(&best);
      CHECK(actions(0, n) == static_cast<double>(best));
    }
  }
}

TEST_CASE("pull_back agrees with finite differences, for parameters and for states") {
  Matrix<double> observations = random(3, 4, 1);
  const Matrix<double> weights = random(3, 4, 7);
  for (const Policy& policy : kinds()) {
    Vector<double> theta = random<double>(policy.parameters().size(), 5);
    MlpTape<double> tape;
    Vector<double> scratch;
    const auto objective = [&] { return weights.cwiseProduct(policy.respond(theta, observations, tape)).sum(); };
    const Vector<double> of_theta = finite_difference(theta, objective);
    Vector<double> states = observations.reshaped();
    const Vector<double> of_states = finite_difference(states, [&] {
      observations = states.reshaped(3, 4);
      return objective();
    });
    observations = states.reshaped(3, 4);

    // adds to the one, writes the other
    const Vector<double> before = random<double>(theta.size(), 8);
    Vector<double> theta_gradient = before;
    Matrix<double> state_gradient = Matrix<double>::Constant(3, 4, 9);
    const Matrix<double> response = policy.respond(theta, observations, tape);
    policy.pull_back(theta, observations, tape, weights, theta_gradient, state_gradient, scratch);
    CHECK((theta_gradient - before - of_theta).cwiseAbs().maxCoeff() < 1e-8 * of_theta.norm());
    CHECK((state_gradient.reshaped() - of_states).cwiseAbs().maxCoeff() < 1e-8 * of_states.norm());
    CHECK(of_theta.norm() > 0.1);
    CHECK(of_states.norm() > 0.01);

    // one without the other, from the same tape
    CHECK(tape.output() == response);
    Vector<double> no_theta, theta_alone = before;
    Matrix<double> no_states(3, 0), states_alone(3, 4);
    policy.pull_back(theta, observations, tape, weights, theta_alone, no_states, scratch);
    policy.pull_back(theta, observations, tape, weights, no_theta, states_alone, scratch);
    CHECK(theta_alone == theta_gradient);
    CHECK(states_alone == state_gradient);
  }
}

TEMPLATE_TEST_CASE("one column at a time gives the bits of the block", "", float, double) {
  Rng rng(2);
  const Index actions = GENERATE(1, 3, 6);
  const Matrix<TestType> observations = random<TestType>(11, 7, 3);
  for (const Squash squash : {Squash::none, Squash::tanh}) {
    const DeterministicPolicy<TestType> policy(11, actions, {.hidden = {9}, .squash = squash, .output_gain = 0.3}, rng);
    const Vector<TestType> theta = random<TestType>(policy.parameters().size(), 5);
    MlpTape<TestType> tape;
    Matrix<TestType> block(actions, 7), column(actions, 1);
    policy.act(theta, observations, block, tape);
    for (Index n = 0; n < 7; ++n) {
      policy.act(theta, observations.col(n), column, tape);
      CHECK(column == block.col(n));
    }
  }
}

TEST_CASE("the policy of given parameters does not depend on the object's own") {
  const Matrix<double> observations = random(3, 4, 1);
  Context context;
  for (Policy& policy : kinds()) {
    const Vector<double> theta = random<double>(policy.parameters().size(), 5);
    Matrix<double> mine(policy.action_size(), 4), theirs(policy.action_size(), 4);
    MlpTape<double> tape;
    policy.parameters() *= -0.5;
    policy.act(theta, observations, theirs, tape);
    policy.parameters() = theta;
    policy.mode(observations, mine, context, 0);
    CHECK(mine == theirs);
  }
}

TEST_CASE("a sample is the mode, draws nothing and has no density") {
  const Matrix<double> observations = random(3, 4, 1);
  Context context;
  for (const Policy& policy : kinds()) {
    Matrix<double> mode(policy.action_size(), 4), sample(policy.action_size(), 4);
    Vector<double> log_probs = Vector<double>::Constant(4, 7);
    std::vector<Rng> rngs(4, Rng(3));
    policy.mode(observations, mode, context, 0);
    policy.sample(observations, rngs, sample, log_probs, context, 0);
    CHECK(sample == mode);
    CHECK(rngs == std::vector<Rng>(4, Rng(3)));
    CHECK(log_probs.isZero(0));
  }
}

TEST_CASE("of equal responses the first gives the action") {
  Rng rng(2);
  const auto policy = DeterministicPolicy<float>::discrete(1, 4, {.hidden = {}}, rng);
  MlpTape<float> tape;
  Matrix<float> action(1, 1);
  Vector<float> theta = Vector<float>::Zero(8);
  const auto choice = [&](float a, float b, float c, float d) {
    theta.tail(4) << a, b, c, d;
    policy.act(theta, Matrix<float>::Zero(1, 1), action, tape);
    return action(0, 0);
  };
  CHECK(choice(2, 2, 2, 2) == 0);
  CHECK(choice(1, 2, 2, 0) == 1);
  CHECK(choice(-3, -2, -4, -2) == 1);
  CHECK(choice(0, 1, 1, 3) == 3);
  // far beyond where tanh would make them equal
  CHECK(choice(100, 200, 300, 250) == 2);
}

TEST_CASE("numbers that are none reach the actions") {
  Rng rng(2);
  for (const Squash squash : {Squash::none, Squash::tanh}) {
    DeterministicPolicy<float> policy(3, 2, {.hidden = {5}, .squash = squash}, rng);
    policy.parameters().setConstant(std::numeric_limits<float>::quiet_NaN());
    MlpTape<float> tape;
    Matrix<float> actions = Matrix<float>::Zero(2, 9);
    policy.act(policy.parameters(), Matrix<float>::Ones(3, 9), actions, tape);
    CHECK(actions.array().isNaN().all());
  }
}

TEST_CASE("hidden neurons that change places leave the actions as they are") {
  Rng rng(2);
  const Policy policy(3, 2, options_of(Squash::tanh, 2), rng);
  const ParameterSpace space = policy.parameter_space();
  CHECK(space.size() == policy.parameters().size());
  const Vector<double> theta = random<double>(space.size(), 5);
  Vector<double> other = theta;
  for (const ParameterBlock& block : space.blocks) {
    Eigen::Map<Matrix<double>> entries(other.data() + block.offset, block.rows, block.columns);
    if (space.permutable[static_cast<std::size_t>(block.row_axis)]) entries.row(0).swap(entries.row(3));
    if (block.column_axis < 0) continue;
    if (space.permutable[static_cast<std::size_t>(block.column_axis)]) entries.col(0).swap(entries.col(3));
  }
  REQUIRE((other - theta).cwiseAbs().maxCoeff() > 0.1);
  MlpTape<double> tape;
  const Matrix<double> observations = random(3, 4, 1);
  Matrix<double> mine(2, 4), theirs(2, 4);
  policy.act(theta, observations, mine, tape);
  policy.act(other, observations, theirs, tape);
  CHECK((mine - theirs).cwiseAbs().maxCoeff() < 1e-14);
}

TEST_CASE("the first parameters are drawn as the options say") {
  Rng rng(2), same(2);
  const Policy policy(3, 2, {.hidden = {5}, .initialization = {.hidden_gain = 3, .output_gain = 0}}, rng);
  Vector<double> expected(policy.parameters().size());
  policy.network().initialize(expected, {.hidden_gain = 3, .output_gain = 0}, same);
  CHECK(policy.parameters() == expected);
  MlpTape<double> tape;
  CHECK(policy.respond(policy.parameters(), random(3, 4, 1), tape).isZero(0));
}

TEST_CASE("a saved deterministic policy is the same policy") {
  const TemporaryFolder folder;
  Rng rng(2);
  const Policy policy(3, 2, {}, rng);
  save_state(folder / "p", policy);
  Policy loaded(3, 2, {}, rng);
  CHECK(loaded.parameters() != policy.parameters());
  load_state(folder / "p", loaded);
  CHECK(loaded.parameters() == policy.parameters());
}

TEST_CASE("impossible deterministic policies are refused") {
  Rng rng;
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_AS(Policy(0, 2, {}, rng), std::invalid_argument);
  CHECK_THROWS_WITH(Policy(1, 0, {}, rng), ContainsSubstring("action_size >= 1, got 0"));
  CHECK_THROWS_WITH(Policy::discrete(1, 1, {}, rng), ContainsSubstring("discrete_actions >= 2, got 1"));
  CHECK_THROWS_WITH(Policy(1, 2, {.hidden = {0}}, rng), ContainsSubstring("positive widths"));
  for (const double gain : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(Policy(1, 1, {.output_gain = gain}, rng), ContainsSubstring("output_gain > 0"));
  }
}

TEST_CASE("a policy for a task has the task's sizes, whichever kind of actions it has") {
  EnvironmentSpec spec{"task", 3, Vector<double>::Constant(2, -1), Vector<double>::Ones(2), 10, {}};
  Rng rng(4), other(4);
  const DeterministicPolicy<float> continuous(spec, {.hidden = {5}}, rng);
  CHECK(continuous.discrete_actions() == 0);
  CHECK(continuous.options().squash == Squash::tanh);
  CHECK(continuous.parameters() == DeterministicPolicy<float>(3, 2, {.hidden = {5}}, other).parameters());
  spec.discrete_actions = 4;
  const DeterministicPolicy<float> discrete(spec, {.hidden = {5}}, rng);
  CHECK(discrete.discrete_actions() == 4);
  CHECK(discrete.options().squash == Squash::none);
  CHECK(discrete.parameters() == DeterministicPolicy<float>::discrete(3, 4, {.hidden = {5}}, other).parameters());
}

TEST_CASE("several discrete actions are the largest response of each, among what a mask allows") {
  Rng rng(4);
  const DeterministicPolicy<double> policy(Switchboard().spec(), {.hidden = {5}}, rng);
  CHECK(policy.response_size() == 5);
  CHECK(policy.action_size() == 2);
  CHECK(policy.discrete_actions() == 0);
  CHECK(policy.choices().size() == 2);
  CHECK(policy.mask_row() == 1);
  const Index count = 21;
  Matrix<double> observations(6, count), actions(2, count);
  for (Index n = 0; n < count; ++n) {
    observations(0, n) = rng.normal();
    for (Index k = 0; k < 3; ++k) observations(1 + k, n) = static_cast<double>(((1 + n % 7) >> k) & 1);
    for (Index k = 0; k < 2; ++k) observations(4 + k, n) = static_cast<double>(((1 + n % 3) >> k) & 1);
  }
  MlpTape<double> tape;
  const Vector<double> theta = random<double>(policy.parameters().size(), 5);
  const Matrix<double> responses = policy.respond(theta, observations, tape);
  CHECK(responses.allFinite());
  policy.act(theta, observations, actions, tape);
  Index forbidden = 0;
  for (Index n = 0; n < count; ++n) {
    Index first = 0;
    for (Index i = 0; i < 2; ++i) {
      const Index choices = policy.choices()[static_cast<std::size_t>(i)];
      Index best = -1;
      for (Index k = first; k < first + choices; ++k) {
        if (observations(1 + k, n) == 1 && (best < 0 || responses(k, n) > responses(best, n))) best = k;
      }
      CHECK(actions(i, n) == static_cast<double>(best - first));
      Index largest = 0;
      responses.col(n).segment(first, choices).maxCoeff(&largest);
      forbidden += largest != best - first;
      first += choices;
    }
  }
  CHECK(forbidden > 3);
  observations(4, 0) = observations(5, 0) = 0;
  CHECK_THROWS_AS(policy.act(theta, observations, actions, tape), std::invalid_argument);
  CHECK_THROWS_AS(DeterministicPolicy<double>::discrete(3, {2, 0}, {}, rng), std::invalid_argument);
  CHECK_THROWS_AS(DeterministicPolicy<double>(3, 2, {.mask_row = 0}, rng), std::invalid_argument);
}
