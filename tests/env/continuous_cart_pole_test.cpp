// SPDX-License-Identifier: MIT
#include "vantage/env/continuous_cart_pole.hpp"

#include <limits>

#include "catch.hpp"
#include "classic_checks.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/check_environment.hpp"

using namespace vantage;
using vantage::testing::ClassicStep;
using vantage::testing::step_from;

static_assert(StatefulEnvironment<ContinuousCartPole> && HasRewardTerms<ContinuousCartPole>);

TEST_CASE("full pushes are those of the cart and pole, bit for bit, to the end of the episode") {
  int ends = 0;
  for (const bool sutton_barto_reward : {false, true}) {
    const CartPoleOptions options{.sutton_barto_reward = sutton_barto_reward, .low = -0.2, .high = 0.1};
    CartPole discrete(options);
    ContinuousCartPole continuous({.cart_pole = options});
    Rng choice(3);
    Vector<double> expected(4), got(4);
    for (std::uint64_t episode = 0; episode < 50; ++episode) {
      Rng one(episode), two(episode);
      discrete.reset(one, expected);
      continuous.reset(two, got);
      REQUIRE(got == expected);
      for (bool terminated = false; !terminated; ++ends) {
        const bool right = choice.uniform() < 0.5;
        // beyond the bounds is as hard as on them
        const double size = choice.uniform() < 0.5 ? 1 : 7;
        const StepResult a = discrete.step(Vector<double>::Constant(1, right ? 1 : 0), expected);
        const StepResult b = continuous.step(Vector<double>::Constant(1, right ? size : -size), got);
        REQUIRE(got == expected);
        REQUIRE(b.reward == a.reward);
        REQUIRE(b.terminated == a.terminated);
        REQUIRE_FALSE(b.fault);
        REQUIRE(continuous.reward_terms()[0] == discrete.reward_terms()[0]);
        terminated = a.terminated;
      }
    }
  }
  CHECK(ends > 500);  // steps in all
}

TEST_CASE("a push moves the cart and pole in proportion") {
  const ContinuousCartPole world;
  // without a push a pole at rest and upright stays so
  CHECK(step_from(world, {0.3, 0, 0, 0}, 0).state == Vector<double>{{0.3, 0, 0, 0}});
  const std::vector<double> state{0.1, -0.4, 0.15, 0.8};
  const Vector<double> left = step_from(CartPole(), state, 0).state;
  const Vector<double> right = step_from(CartPole(), state, 1).state;
  for (const double action : {-0.7, 0.0, 0.2, 0.5}) {
    const Vector<double> mixture = 0.5 * (1 - action) * left + 0.5 * (1 + action) * right;
    const ClassicStep step = step_from(world, state, action);
    CHECK((step.state - mixture).cwiseAbs().maxCoeff() < 1e-14);
    CHECK(step.observation == step.state);
  }
}

TEST_CASE("positions come first where that is asked for, in observations alone") {
  ContinuousCartPole usual, swapped({.positions_first = true});
  const auto check = [](const Vector<double>& one, const Vector<double>& two) {
    CHECK(two == Vector<double>{{one[0], one[2], one[1], one[3]}});
  };
  Rng first(2), second(2);
  Vector<double> one(4), two(4);
  usual.reset(first, one);
  swapped.reset(second, two);
  check(one, two);
  for (const double action : {0.3, -0.8}) {
    usual.step(Vector<double>::Constant(1, action), one);
    swapped.step(Vector<double>::Constant(1, action), two);
    check(one, two);
  }
  const ClassicStep a = step_from(usual, {0.1, 0.2, 0.03, 0.4}, 0.5),
                    b = step_from(swapped, {0.1, 0.2, 0.03, 0.4}, 0.5);
  CHECK(a.state == b.state);
  check(a.observation, b.observation);
  CHECK(vantage::testing::option_names(ContinuousCartPoleOptions()) ==
        std::set<std::string>{"sutton_barto_reward", "low", "high", "max_episode_steps", "positions_first"});
  vantage::testing::check_state(swapped, 0.3);
}

TEST_CASE("spec, state and faults of the continuous cart and pole") {
  vantage::testing::check_state(ContinuousCartPole(), 0.3);
  CHECK(check_environment(ContinuousCartPole()).terminations > 5);
  const EnvironmentSpec spec = ContinuousCartPole({.cart_pole = {.max_episode_steps = 7}}).spec();
  CHECK(spec.name == "ContinuousCartPole-v1");
  CHECK_FALSE(spec.is_discrete());
  CHECK(spec.action_low == Vector<double>{{-1.0}});
  CHECK(spec.action_high == Vector<double>{{1.0}});
  CHECK(spec.max_episode_steps == 7);
  CHECK(step_from(ContinuousCartPole(), {0, 0, 0, 0}, std::numeric_limits<double>::quiet_NaN()).result.fault);
  CHECK_FALSE(step_from(ContinuousCartPole(), {0, 0, 0, 0}, std::numeric_limits<double>::infinity()).result.fault);
  CHECK_THROWS_AS(ContinuousCartPole({.cart_pole = {.low = 0.1}}), std::invalid_argument);
}
