// SPDX-License-Identifier: MIT
#include "vantage/epvf/with_last_parameters.hpp"

#include <stdexcept>

#include "catch.hpp"
#include "epvf/representation_checks.hpp"
#include "vantage/epvf/universal_functional.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"

namespace {

using namespace vantage;

using Probed = ProbingStates<DeterministicPolicy<double>>;

static_assert(Representation<WithLastParameters<Probed>>);
static_assert(Representation<WithLastParameters<NoFeatures<float>>>);

GaussianPolicy<double> make_gaussian(bool state_dependent_std = false) {
  Rng rng(3);
  return {4, 2, {.hidden = {6, 5}, .log_std = -0.7, .state_dependent_std = state_dependent_std}, rng};
}

TEST_CASE("probed outputs are a Gaussian policy's means and its log standard deviations") {
  Context context;
  const auto policy = make_gaussian();
  const auto seen = probe_outputs(policy, {.count = 3});
  REQUIRE(seen.feature_size() == 3 * 2 + 2);
  Rng rng(4);
  Vector<double> states(seen.weight_count());
  seen.initialize(states, rng);
  decltype(seen)::Tape tape;
  const Vector<double> features = seen.features(states, policy.parameters(), tape);
  Matrix<double> means(2, 3);
  policy.mode(Eigen::Map<const Matrix<double>>(states.data(), 4, 3), means, context, 0);
  CHECK(features.head(6) == Vector<double>(means.reshaped()));
  CHECK(features.tail(2) == Vector<double>::Constant(2, -0.7));
}

TEST_CASE("probed outputs are all of a network's: log standard deviations of a state, logits") {
  const auto policy = make_gaussian(true);
  CHECK(probe_outputs(policy, {.count = 3}).feature_size() == 3 * 4);
  Rng rng(5);
  const CategoricalPolicy<double> discrete(4, 3, {.hidden = {5}}, rng);
  const auto seen = probe_outputs(discrete, {.count = 2});
  REQUIRE(seen.feature_size() == 2 * 3);
  Vector<double> states(seen.weight_count());
  seen.initialize(states, rng);
  decltype(seen)::Tape tape;
  const Vector<double> features = seen.features(states, discrete.parameters(), tape);
  CategoricalPolicy<double>::Network::Tape<double> mlp;
  const Matrix<double> logits =
      discrete.network().forward(discrete.parameters(), Eigen::Map<const Matrix<double>>(states.data(), 4, 2), mlp);
  CHECK(features == Vector<double>(logits.reshaped()));
}

TEST_CASE("a policy with layer norm is probed as it is; one with an encoder is refused") {
  Rng rng(5);
  const CategoricalPolicy<double> normalized(4, 3, {.hidden = {5}, .layer_norm = true}, rng);
  const auto seen = probe_outputs(normalized, {.count = 2});
  Vector<double> states(seen.weight_count());
  seen.initialize(states, rng);
  decltype(seen)::Tape tape;
  const Vector<double> features = seen.features(states, normalized.parameters(), tape);
  CategoricalPolicy<double>::Network::Tape<double> mlp;
  const Matrix<double> logits =
      normalized.network().forward(normalized.parameters(), Eigen::Map<const Matrix<double>>(states.data(), 4, 2), mlp);
  CHECK(features == Vector<double>(logits.reshaped()));
  CHECK(parameter_space_of(normalized).size() == normalized.parameters().size());
  const CategoricalPolicy<double> encoded(4, 3, {.hidden = {5}, .encoder = {{4, {2}}}}, rng);
  CHECK_THROWS_AS(probe_outputs(encoded, {.count = 2}), std::invalid_argument);
  CHECK_THROWS_AS(parameter_space_of(encoded), std::invalid_argument);
}

TEST_CASE("gradients pass the last parameters by and the others through") {
  const auto policy = make_gaussian();
  const auto seen = probe_outputs(policy, {.count = 3});
  for (const Index policies : {1, 3}) check_gradients(seen, policy.parameters().size(), policies, 1e-7);
  check_gradients(WithLastParameters<NoFeatures<double>>({}, 2), 5, 3, 1e-8);
  check_columns(seen, policy.parameters().size());
  CHECK_THROWS_AS(WithLastParameters<NoFeatures<double>>({}, -1), std::invalid_argument);
}

TEST_CASE("the space of a stochastic policy has the free parameters along its outputs") {
  const auto policy = make_gaussian();
  const ParameterSpace space = parameter_space_of(policy);
  CHECK(space.size() == policy.parameters().size());
  REQUIRE(space.blocks.size() == 7);
  CHECK(space.blocks.back().offset == policy.parameters().size() - 2);
  CHECK(space.blocks.back().row_axis == 3);
  CHECK_FALSE(space.permutable[3]);
  CHECK(parameter_space_of(make_gaussian(true)).blocks.size() == 6);

  // features of it see the deviations, and no order of hidden neurons
  const UniversalFunctional<double> functional(space, {.channels = 4});
  Rng rng(6);
  Vector<double> weights(functional.weight_count());
  functional.initialize(weights, rng);
  UniversalFunctional<double>::Tape tape;
  Vector<double> theta = normal_vector<double>(space.size(), rng);
  const Vector<double> before = functional.features(weights, theta, tape);
  const Vector<double> permuted = permute(space, random_orders(space, space.permutable, rng), theta);
  CHECK((Vector<double>(functional.features(weights, permuted, tape)) - before).cwiseAbs().maxCoeff() < 1e-12);
  theta.tail(2).array() += 1;
  CHECK((Vector<double>(functional.features(weights, theta, tape)) - before).cwiseAbs().maxCoeff() > 1e-3);
}

}  // namespace
