// SPDX-License-Identifier: MIT
#include "vantage/epvf/probing_states.hpp"

#include <stdexcept>

#include "catch.hpp"
#include "epvf/representation_checks.hpp"
#include "vantage/policy/deterministic_policy.hpp"

namespace {

using namespace vantage;

static_assert(Representation<ProbingStates<DeterministicPolicy<float>>>);
static_assert(Representation<ProbingStates<DeterministicPolicy<double>>>);

using Policy = DeterministicPolicy<double>;

Policy make_policy(std::vector<Index> hidden, Activation activation = Activation::tanh) {
  Rng rng(2);
  return Policy(3, 2, {.hidden = std::move(hidden), .activation = activation, .output_gain = 1.5}, rng);
}

TEST_CASE("ProbingStates shows the responses in its states") {
  const Policy policy = make_policy({4});
  const ProbingStates<Policy> probing(policy, {.count = 5});
  REQUIRE(probing.feature_size() == 10);
  REQUIRE(probing.weight_count() == 15);
  Rng rng(8);
  const Vector<double> weights = normal_vector<double>(15, rng);
  const Matrix<double> thetas = normal_matrix<double>(policy.parameters().size(), 3, rng);
  ProbingStates<Policy>::Tape tape;
  const Matrix<double> features = probing.features(weights, thetas, tape);

  MlpTape<double> policy_tape;
  for (Index n = 0; n < 3; ++n) {
    for (Index k = 0; k < 5; ++k) {
      const Vector<double> state = weights.segment(3 * k, 3);
      CHECK(Vector<double>(policy.respond(thetas.col(n), state, policy_tape)) == features.col(n).segment(2 * k, 2));
    }
  }
  CHECK(probing.states(weights).col(1) == weights.segment(3, 3));
}

TEST_CASE("ProbingStates' gradients are those of the responses") {
  for (const auto& hidden : std::vector<std::vector<Index>>{{}, {5}, {4, 6}}) {
    for (const Index policies : {1, 3}) {
      const Policy policy = make_policy(hidden);
      check_gradients(ProbingStates<Policy>(policy, {.count = 4}), policy.parameters().size(), policies, 1e-7);
    }
  }
  Rng rng(1);
  const Policy discrete = Policy::discrete(3, 4, {.hidden = {5}}, rng);
  check_gradients(ProbingStates<Policy>(discrete, {.count = 2}), discrete.parameters().size(), 2, 1e-7);
}

TEST_CASE("ProbingStates treats many policies as it treats each") {
  const Policy policy = make_policy({19, 8});
  check_columns(ProbingStates<Policy>(policy, {.count = 7}), policy.parameters().size());
}

TEST_CASE("ProbingStates tells policies apart by what they do in the states alone") {
  const Policy policy = make_policy({6, 5});
  const ProbingStates<Policy> probing(policy, {.count = 4});
  const ParameterSpace space = policy.parameter_space();
  Rng rng(9);
  Vector<double> weights(probing.weight_count());
  probing.initialize(weights, rng);
  const Vector<double> theta = normal_vector<double>(space.size(), rng);
  ProbingStates<Policy>::Tape tape;
  const Matrix<double> features = probing.features(weights, theta, tape);

  // the order of hidden neurons
  const Vector<double> permuted = permute(space, random_orders(space, space.permutable, rng), theta);
  CHECK((permuted - theta).cwiseAbs().maxCoeff() > 0.1);
  CHECK((probing.features(weights, permuted, tape) - features).cwiseAbs().maxCoeff() < 1e-12);

  // a rectifier that no state switches on acts alike whatever leaves it
  const Policy rectified = make_policy({3}, Activation::relu);
  const ProbingStates<Policy> other(rectified, {.count = 4});
  Vector<double> dead = normal_vector<double>(rectified.parameters().size(), rng);
  dead(9) = -100;  // the bias of the first hidden neuron
  const Matrix<double> before = other.features(weights, dead, tape);
  dead(12) += 1;  // its weight to the first output
  CHECK(Matrix<double>(other.features(weights, dead, tape)) == before);
  dead(9) = 100;
  CHECK((other.features(weights, dead, tape) - before).cwiseAbs().maxCoeff() > 1e-3);
}

TEST_CASE("ProbingStates draws its first states as asked") {
  const Policy policy = make_policy({});
  Rng rng(6);
  const Index count = 3000;  // 9000 numbers: standard error of a mean of uniform ones 0.003, of normal ones 0.0105
  for (const InitialStates initial : {InitialStates::uniform, InitialStates::normal}) {
    const ProbingStates<Policy> probing(policy, {.count = count, .initial = initial});
    Vector<double> weights(probing.weight_count());
    probing.initialize(weights, rng);
    const double square = weights.squaredNorm() / static_cast<double>(weights.size());
    if (initial == InitialStates::uniform) {
      CHECK(weights.minCoeff() >= 0);
      CHECK(weights.maxCoeff() < 1);
      CHECK(std::abs(weights.mean() - 0.5) < 4.5 * 0.0031);
      CHECK(std::abs(square - 1.0 / 3) < 4.5 * 0.0032);
    } else {
      CHECK(std::abs(weights.mean()) < 4.5 * 0.0106);
      CHECK(std::abs(square - 1) < 4.5 * 0.0150);
    }
  }
}

TEST_CASE("ProbingStates refuses sizes without a meaning") {
  const Policy policy = make_policy({});
  CHECK_THROWS_AS(ProbingStates<Policy>(policy, {.count = 0}), std::invalid_argument);
  const ProbingStates<Policy> probing(policy);
  Vector<double> few(1);
  Rng rng(1);
  CHECK_THROWS_AS(probing.initialize(few, rng), std::invalid_argument);
}

}  // namespace
