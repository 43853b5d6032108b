// SPDX-License-Identifier: MIT
#include "vantage/policy/any_policy.hpp"

#include "catch.hpp"

using namespace vantage;
static_assert(StochasticPolicy<AnyPolicy<float>> && StochasticPolicy<AnyPolicy<double>>);
static_assert(!std::is_constructible_v<AnyPolicy<float>, GaussianPolicy<double>>);

namespace {

// everything that both offer, number for number
template <class P>
void compare(const P& policy, const Matrix<double>& actions) {
  const AnyPolicy<double> any(policy);
  Context context;
  const Matrix<double> observations = Matrix<double>::Random(3, 5);
  CHECK(any.parameters() == policy.parameters());
  CHECK(any.observation_size() == 3);
  CHECK(any.action_size() == policy.action_size());
  CHECK(any.discrete_actions() == policy.discrete_actions());
  CHECK(any.visit([](const auto& inside) { return std::is_same_v<decltype(inside), const P&>; }));
  Vector<double> mine(5), theirs(5);
  Matrix<double> my_actions(policy.action_size(), 5), their_actions(policy.action_size(), 5);
  std::vector<Rng> my_rngs(5, Rng(3)), their_rngs(5, Rng(3));
  any.sample(observations, my_rngs, my_actions, mine, context, 0);
  policy.sample(observations, their_rngs, their_actions, theirs, context, 0);
  CHECK(my_actions == their_actions);
  CHECK(mine == theirs);
  CHECK(my_rngs == their_rngs);
  any.mode(observations, my_actions, context, 0);
  policy.mode(observations, their_actions, context, 0);
  CHECK(my_actions == their_actions);
  if constexpr (StochasticPolicy<P>) {
    any.log_prob(observations, actions, context, mine);
    policy.log_prob(observations, actions, context, theirs);
    CHECK(mine == theirs);
    any.entropy(observations, context, mine);
    policy.entropy(observations, context, theirs);
    CHECK(mine == theirs);
  } else {
    using Catch::Matchers::ContainsSubstring;
    CHECK_THROWS_WITH(any.log_prob(observations, actions, context, mine),
                      ContainsSubstring("AnyPolicy::log_prob: expected a policy with a density"));
    CHECK_THROWS_AS(any.entropy(observations, context, mine), std::invalid_argument);
  }
}

}  // namespace

TEST_CASE("any policy does what the one inside does") {
  Rng rng(2);
  compare(GaussianPolicy<double>(3, 2, {.hidden = {4}}, rng), Matrix<double>::Random(2, 5));
  compare(CategoricalPolicy<double>(3, 4, {.hidden = {4}}, rng), Matrix<double>{{0, 1, 2, 3, 1}});
  compare(DeterministicPolicy<double>(3, 2, {.hidden = {4}}, rng), Matrix<double>::Random(2, 5));
  compare(DeterministicPolicy<double>::discrete(3, 4, {.hidden = {4}}, rng), Matrix<double>{{0, 1, 2, 3, 1}});
}

TEST_CASE("copies of any policy are independent") {
  Rng rng(2);
  AnyPolicy<double> policy(CategoricalPolicy<double>(3, 4, {.hidden = {4}}, rng));
  const AnyPolicy<double> copy = policy;
  policy.parameters()[0] = 7;
  CHECK(copy.parameters()[0] != 7);
  CHECK(policy.parameters()[0] == 7);
}
