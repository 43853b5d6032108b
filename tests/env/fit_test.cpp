// SPDX-License-Identifier: MIT
#include "vantage/env/fit.hpp"

#include "catch.hpp"
#include "switchboard.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/deterministic_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/value/value_network.hpp"

using namespace vantage;

TEST_CASE("a policy fits where observations, actions and their kind are the task's") {
  Rng rng(1);
  const EnvironmentSpec pendulum = Pendulum().spec(), cart_pole = CartPole().spec();
  const auto gaussian = [&](Index observations, Index actions) {
    return GaussianPolicy<float>(observations, actions, {.hidden = {}}, rng);
  };
  const auto categorical = [&](Index observations, Index actions) {
    return CategoricalPolicy<float>(observations, actions, {.hidden = {}}, rng);
  };
  CHECK_NOTHROW(require_fit("it", gaussian(3, 1), pendulum));
  CHECK_NOTHROW(require_fit("it", categorical(4, 2), cart_pole));
  CHECK_NOTHROW(require_fit("it", DeterministicPolicy<float>::discrete(4, 2, {}, rng), cart_pole));
  CHECK_THROWS_WITH(require_fit("it", gaussian(2, 3), pendulum),
                    "it: expected a policy for 3 observations and 1 actions of Pendulum-v1, got one for 2 observations "
                    "and 3 actions");
  CHECK_THROWS_AS(require_fit("it", gaussian(5, 1), pendulum), std::invalid_argument);
  CHECK_THROWS_AS(require_fit("it", gaussian(3, 2), pendulum), std::invalid_argument);
  // an action is one row for either, so only the kind tells
  CHECK_THROWS_WITH(require_fit("it", categorical(3, 3), pendulum),
                    "it: expected a policy for 3 observations and 1 actions of Pendulum-v1, got one for 3 observations "
                    "and 3 discrete actions");
  CHECK_THROWS_AS(require_fit("it", gaussian(4, 1), cart_pole), std::invalid_argument);
  CHECK_THROWS_AS(require_fit("it", categorical(4, 3), cart_pole), std::invalid_argument);
}

TEST_CASE("a policy is held to what it says of itself") {
  struct Silent {};
  struct Half {
    Index observation_size() const { return 2; }
  };
  CHECK_NOTHROW(require_fit("it", Silent{}, Pendulum().spec()));
  CHECK_THROWS_WITH(require_fit("it", Half{}, Pendulum().spec()),
                    Catch::Matchers::Contains("got one for 2 observations and 1 actions"));
}

TEST_CASE("a value function fits where its inputs are as many") {
  Rng rng(1);
  struct Silent {};
  const ValueNetwork<float> value(3, {}, rng);
  CHECK_NOTHROW(require_inputs("it", value, 3));
  CHECK_NOTHROW(require_inputs("it", Silent{}, 3));
  CHECK_THROWS_WITH(require_inputs("it", value, 4), "it: expected a value function of 4 inputs, got one of 3");
}

TEST_CASE("a policy fits where each of several actions has the task's choices, and its mask the task's place") {
  Rng rng(1);
  const EnvironmentSpec shown = Switchboard().spec(), hidden = Switchboard(false).spec();
  const auto made = [&](std::vector<Index> choices, std::optional<Index> mask_row) {
    return CategoricalPolicy<float>(6, std::move(choices), {.hidden = {}, .mask_row = mask_row}, rng);
  };
  CHECK_NOTHROW(require_fit("it", made({3, 2}, 1), shown));
  CHECK_NOTHROW(require_fit("it", made({3, 2}, {}), hidden));
  CHECK_NOTHROW(require_fit("it", DeterministicPolicy<float>(shown, {}, rng), shown));
  CHECK_THROWS_WITH(require_fit("it", made({2, 3}, {}), shown),
                    "it: expected a policy for 6 observations and 3,2 discrete actions, a mask from row 1 of "
                    "switchboard, got one for 6 observations and 2,3 discrete actions");
  CHECK_THROWS_AS(require_fit("it", made({3, 2}, {}), shown), std::invalid_argument);
  CHECK_THROWS_AS(require_fit("it", made({3, 2}, 0), shown), std::invalid_argument);
  CHECK_THROWS_AS(require_fit("it", made({3, 2}, 1), hidden), std::invalid_argument);
  // as many rows, of another kind
  CHECK_THROWS_AS(require_fit("it", GaussianPolicy<float>(6, 2, {.hidden = {}}, rng), hidden), std::invalid_argument);
  CHECK_THROWS_AS(require_fit("it", CategoricalPolicy<float>(6, 5, {.hidden = {}}, rng), hidden),
                  std::invalid_argument);
}
