// SPDX-License-Identifier: MIT
#include "vantage/env/action_smoothing.hpp"

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "catch.hpp"
#include "counter.hpp"
#include "integrator.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/env/pendulum.hpp"

using namespace vantage;
using vantage::testing::Bare;
using vantage::testing::Counter;
using vantage::testing::Integrator;
using vantage::testing::push;
using vantage::testing::respond;
using vantage::testing::resumes;

static_assert(TangentEnvironment<ActionSmoothing<Pendulum>> && HasRewardTerms<ActionSmoothing<Pendulum>>);
static_assert(Environment<ActionSmoothing<Bare>> && !StatefulEnvironment<ActionSmoothing<Bare>>);

TEST_CASE("an impulse fades by the filter's own formula") {
  const double alpha = 0.3;
  ActionSmoothing world{Integrator{}, {.coefficient = alpha}};
  std::vector<double> impulse(12, 0.0);
  impulse[2] = 5;
  for (int episode = 0; episode < 2; ++episode) {
    const std::vector<double> sums = respond(world, impulse);
    CHECK(sums[1] == 0);
    // the sums of 5 alpha (1 - alpha)^k
    for (std::size_t t = 2; t < 12; ++t) {
      CHECK(sums[t] == Approx(5 * (1 - std::pow(1 - alpha, static_cast<double>(t) - 1))).epsilon(1e-14));
    }
  }
}

TEST_CASE("a held action comes through with the time constant, from where the episode began") {
  const double tau = 3.5;
  ActionSmoothing world{Counter{}, {.time_constant = tau, .first = {-0.5}}};
  CHECK(world.coefficient() == Approx(1 - std::exp(-1 / tau)).epsilon(1e-15));
  Rng rng(1);
  Vector<double> observation(2);
  world.reset(rng, observation);
  for (int k = 1; k < 30; ++k) {
    world.step(push(1), observation);
    CHECK(world.reward_terms()[1] / 10 == Approx(1 - 1.5 * std::exp(-k / tau)).epsilon(1e-14));
  }
  // a tiny share is not lost in rounding
  CHECK((ActionSmoothing{Counter{}, {.time_constant = 1e12}}.coefficient()) == Approx(1e-12).epsilon(1e-11));
}

TEST_CASE("a sine comes out as the filter's transfer function says") {
  const double alpha = 0.2, omega = 0.7;
  ActionSmoothing world{Counter{}, {.coefficient = alpha}};
  Rng rng(1);
  Vector<double> observation(2);
  world.reset(rng, observation);
  const std::complex<double> turn = std::polar(1.0, -omega);
  const std::complex<double> transfer = alpha / (1.0 - (1 - alpha) * turn);
  for (int t = 0; t < 300; ++t) {
    world.step(push(std::sin(omega * t)), observation);
    // after the start has faded, 0.8^200 = 4e-20
    if (t < 200) continue;
    const double expected = std::abs(transfer) * std::sin(omega * t + std::arg(transfer));
    CHECK(world.reward_terms()[1] / 10 == Approx(expected).margin(1e-13));
  }
}

TEST_CASE("with a coefficient of 1 nothing is smoothed, and bounds are never left") {
  Rng rng(1), actions(2);
  Vector<double> observation(2);
  ActionSmoothing whole{Counter{}, {.coefficient = 1}};
  ActionSmoothing part{Counter{}, {.coefficient = 0.9}};
  whole.reset(rng, observation);
  part.reset(rng, observation);
  for (int t = 0; t < 1000; ++t) {
    // numbers whose differences are rounded
    const double action = actions.uniform(-1, 1) * actions.uniform();
    whole.step(push(action), observation);
    CHECK(whole.reward_terms()[1] == 10 * action);
    part.step(push(t % 50 < 25 ? 1 : -1), observation);
    CHECK(std::abs(part.reward_terms()[1]) <= 10);
  }
}

TEST_CASE("a smoothed action is part of the state, and ends pass through") {
  check_environment(ActionSmoothing{Pendulum{}, {.time_constant = 4}});
  const ActionSmoothing world{Integrator{2}, {.coefficient = 0.3}};
  CHECK(world.state_size() == 3 + 2);
  CHECK(world.tangent_size() == 2 + 2);
  CHECK(resumes(world, world));
  ActionSmoothing cut{Counter{.cut = 1}, {.coefficient = 0.5}};
  Rng rng(1);
  Vector<double> observation(2);
  cut.reset(rng, observation);
  const StepResult result = cut.step(push(1), observation);
  CHECK(result.truncated);
  CHECK(result.reward == 1 + 5);
}

TEST_CASE("impossible filters are refused") {
  const auto smooth = [](const ActionSmoothingOptions& options) { return ActionSmoothing{Integrator{}, options}; };
  CHECK_THROWS_WITH(smooth({}), "ActionSmoothing: expected either a time_constant or a coefficient, got none");
  CHECK_THROWS_WITH(smooth({.time_constant = 1, .coefficient = 1}),
                    "ActionSmoothing: expected either a time_constant or a coefficient, got both");
  for (const double bad :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(smooth({.time_constant = bad}), std::invalid_argument);
    CHECK_THROWS_AS(smooth({.coefficient = bad}), std::invalid_argument);
  }
  CHECK_THROWS_AS(smooth({.coefficient = 1.5}), std::invalid_argument);
  CHECK_THROWS_AS(smooth({.coefficient = 0.5, .first = {11}}), std::invalid_argument);
  CHECK_THROWS_AS((ActionSmoothing{Integrator{1, 1, 2}, {.coefficient = 0.5}}), std::invalid_argument);
}
