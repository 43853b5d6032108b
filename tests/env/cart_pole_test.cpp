// SPDX-License-Identifier: MIT
#include "vantage/env/cart_pole.hpp"

#include <Eigen/LU>
#include <cmath>
#include <numbers>

#include "catch.hpp"
#include "classic_checks.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/check_environment.hpp"

using namespace vantage;
using vantage::testing::ClassicStep;
using vantage::testing::step_from;

static_assert(StatefulEnvironment<CartPole> && HasRewardTerms<CartPole>);

namespace {

constexpr double kLimit = 12 * std::numbers::pi / 180;

}  // namespace

TEST_CASE("a step of the cart and pole by hand") {
  // at rest, pushed to the right: 10 N on 1.1 kg; the pole falls with -600/41, the cart moves with 400/41
  const ClassicStep right = step_from(CartPole(), {0, 0, 0, 0}, 1);
  CHECK(right.state[0] == 0);
  CHECK(right.state[1] == Approx(0.02 * 400 / 41).epsilon(1e-14));
  CHECK(right.state[2] == 0);
  CHECK(right.state[3] == Approx(-0.02 * 600 / 41).epsilon(1e-14));
  CHECK(right.observation == right.state);
  CHECK(right.result.reward == 1);
  CHECK_FALSE(right.result.terminated);
  CHECK(right.terms == std::vector<double>{1});
  CHECK(step_from(CartPole(), {0, 0, 0, 0}, 0).state == -right.state);
}

TEST_CASE("cart and pole obey the equations of motion") {
  // M a + m l b cos = F + m l w^2 sin,  m l a cos + 4/3 m l^2 b = m g l sin
  Rng rng(5);
  for (int i = 0; i < 20; ++i) {
    const double x = rng.uniform(-1, 1), v = rng.uniform(-3, 3), theta = rng.uniform(-3, 3), w = rng.uniform(-5, 5);
    const double action = i % 2;
    Eigen::Matrix2d inertia;
    inertia << 1.1, 0.05 * std::cos(theta), 0.05 * std::cos(theta), 4.0 / 3 * 0.1 * 0.25;
    const Eigen::Vector2d forces(20 * action - 10 + 0.05 * w * w * std::sin(theta), 0.1 * 9.8 * 0.5 * std::sin(theta));
    const Eigen::Vector2d acceleration = inertia.inverse() * forces;
    const ClassicStep step = step_from(CartPole(), {x, v, theta, w}, action);
    CHECK(step.state[0] == Approx(x + 0.02 * v).epsilon(1e-12));
    CHECK(step.state[1] == Approx(v + 0.02 * acceleration[0]).epsilon(1e-12));
    CHECK(step.state[2] == Approx(theta + 0.02 * w).epsilon(1e-12));
    CHECK(step.state[3] == Approx(w + 0.02 * acceleration[1]).epsilon(1e-12));
  }
}

TEST_CASE("cart and pole end beyond the limits, not on them") {
  const auto ends = [](double x, double theta) { return step_from(CartPole(), {x, 0, theta, 0}, 1).result.terminated; };
  CHECK_FALSE(ends(2.4, 0));
  CHECK_FALSE(ends(-2.4, 0));
  CHECK(ends(std::nextafter(2.4, 3), 0));
  CHECK(ends(-std::nextafter(2.4, 3), 0));
  CHECK_FALSE(ends(0, kLimit - 1e-12));
  CHECK_FALSE(ends(0, 1e-12 - kLimit));
  CHECK(ends(0, kLimit + 1e-12));
  CHECK(ends(0, -kLimit - 1e-12));
  // of the state after the step
  CHECK(step_from(CartPole(), {2.39, 1, 0, 0}, 0).result.terminated);
  CHECK(step_from(CartPole(), {2.39, 1, 0, 0}, 0).result.reward == 1);
}

TEST_CASE("rewards of the cart and pole") {
  const CartPole original({.sutton_barto_reward = true});
  CHECK(step_from(original, {0, 0, 0, 0}, 1).result.reward == 0);
  CHECK(step_from(original, {2.5, 0, 0, 0}, 1).result.reward == -1);
  CHECK(step_from(original, {2.5, 0, 0, 0}, 1).terms == std::vector<double>{-1});
  CHECK(step_from(CartPole(), {2.5, 0, 0, 0}, 1).result.reward == 1);
}

TEST_CASE("first states, state and refused actions of the cart and pole") {
  vantage::testing::check_reset(CartPole(), {true, true, true, true}, -0.05, 0.05);
  vantage::testing::check_reset(CartPole({.low = -0.1, .high = 0.3}), {true, true, true, true}, -0.1, 0.3);
  vantage::testing::check_state(CartPole(), 1);
  vantage::testing::check_refused_actions(CartPole(), 2, "CartPole");
  CHECK(check_environment(CartPole()).terminations > 10);
}

TEST_CASE("options of the cart and pole") {
  CHECK(vantage::testing::option_names(CartPoleOptions()) ==
        std::set<std::string>{"sutton_barto_reward", "low", "high", "max_episode_steps"});
  CHECK(CartPole().spec().name == "CartPole-v1");
  CHECK(CartPole().spec().max_episode_steps == 500);
  CHECK(CartPole({.max_episode_steps = 7}).spec().max_episode_steps == 7);
  CHECK_THROWS_AS(CartPole({.low = 0.1}), std::invalid_argument);
  CHECK_THROWS_AS(CartPole({.high = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(CartPole({.max_episode_steps = -1}), std::invalid_argument);
}
