// SPDX-License-Identifier: MIT
#include "vantage/env/pendulum.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <set>
#include <string>

#include "catch.hpp"
#include "classic_checks.hpp"
#include "vantage/core/concepts.hpp"

using namespace vantage;

static_assert(StatefulEnvironment<Pendulum> && HasRewardTerms<Pendulum>);

namespace {

struct Outcome {
  Vector<double> observation = Vector<double>::Zero(3);
  Vector<double> state = Vector<double>::Zero(2);
  double reward = 0;
};

Outcome step_from(double theta, double omega, double action, const PendulumOptions& options = {}) {
  Pendulum pendulum(options);
  Outcome outcome;
  pendulum.load_state(Vector<double>{{theta, omega}});
  const StepResult result = pendulum.step(Vector<double>::Constant(1, action), outcome.observation);
  CHECK_FALSE(result.terminated);
  pendulum.save_state(outcome.state);
  outcome.reward = result.reward;
  return outcome;
}

}  // namespace

TEST_CASE("a step of the pendulum by hand") {
  // omega' = 0.5 + (15 sin 1 + 3 * 1.5) / 20, theta' = 1 + omega' / 20
  const Outcome outcome = step_from(1, 0.5, 1.5);
  const double omega = 0.5 + (15 * std::sin(1.0) + 4.5) / 20;
  CHECK(outcome.state[1] == Approx(omega).epsilon(1e-14));
  CHECK(outcome.state[0] == Approx(1 + omega / 20).epsilon(1e-14));
  CHECK(outcome.reward == Approx(-(1 + 0.1 * 0.25 + 0.001 * 2.25)).epsilon(1e-14));
  CHECK(outcome.observation[0] == std::cos(outcome.state[0]));
  CHECK(outcome.observation[1] == std::sin(outcome.state[0]));
  CHECK(outcome.observation[2] == outcome.state[1]);
}

TEST_CASE("torque and speed are clipped") {
  CHECK(step_from(0, 0, 5).state[1] == step_from(0, 0, 2).state[1]);
  CHECK(step_from(0, 0, 5).reward == Approx(-0.004));
  CHECK(step_from(0, 0, -5).state[1] == Approx(-0.3));
  CHECK(step_from(1, 7.9, 2).state[1] == 8);
  CHECK(step_from(-1, -7.9, -2).state[1] == -8);
}

TEST_CASE("the angle of the cost is wrapped") {
  using std::numbers::pi;
  CHECK(step_from(pi, 0, 0).reward == Approx(-pi * pi));
  CHECK(step_from(2 * pi + 0.1, 0, 0).reward == Approx(-0.01));
  CHECK(step_from(-2 * pi - 0.1, 0, 0).reward == Approx(-0.01));
  CHECK(step_from(7 * pi + 0.2, 0, 0).reward == Approx(-(pi - 0.2) * (pi - 0.2)));
  CHECK(step_from(-7 * pi + 0.2, 0, 0).reward == Approx(-(pi - 0.2) * (pi - 0.2)));
}

TEST_CASE("first states of the pendulum are uniform on their ranges") {
  Pendulum pendulum({.x_init = 0.5, .y_init = 2});
  Rng rng(3);
  Vector<double> observation(3);
  Vector<double> state(2);
  Vector<double> low = Vector<double>::Constant(2, 9);
  Vector<double> high = -low;
  Vector<double> sum = Vector<double>::Zero(2);
  for (int i = 0; i < 4000; ++i) {
    pendulum.reset(rng, observation);
    pendulum.save_state(state);
    low = low.cwiseMin(state);
    high = high.cwiseMax(state);
    sum += state;
  }
  // five standard errors of the mean: 5 range / sqrt(3 n)
  CHECK(std::abs(sum[0] / 4000) < 5 * 0.5 / std::sqrt(12000.0));
  CHECK(std::abs(sum[1] / 4000) < 5 * 2.0 / std::sqrt(12000.0));
  CHECK(low[0] >= -0.5);
  CHECK(low[0] < -0.49);
  CHECK(high[0] > 0.49);
  CHECK(high[1] > 1.96);
  CHECK(low[1] < -1.96);
}

TEST_CASE("options of the pendulum by name") {
  PendulumOptions options;
  visit_options(options, [](const std::string& name, auto& field) {
    if (name == "g") field = 0;
  });
  CHECK(options.g == 0);
  CHECK(step_from(1, 0, 0, options).state[1] == 0);
  std::set<std::string> names;
  visit_options(std::as_const(options), [&](const std::string& name, const auto&) { names.insert(name); });
  CHECK(names == std::set<std::string>{"g", "x_init", "y_init", "max_episode_steps"});
  CHECK(Pendulum().spec().max_episode_steps == 200);
  CHECK_THROWS_AS(Pendulum({.x_init = -1}), std::invalid_argument);
  CHECK_THROWS_AS(Pendulum({.g = std::nan("")}), std::invalid_argument);
}

TEST_CASE("an action that is not a number is a fault") {
  Pendulum pendulum;
  Vector<double> observation(3);
  CHECK(pendulum.step(Vector<double>::Constant(1, std::nan("")), observation).fault);
}

TEST_CASE("the pendulum starts from a given state") {
  vantage::testing::check_state(Pendulum(), 1.3);
  Pendulum pendulum;
  Vector<double> observation(3);
  pendulum.set_state(Vector<double>{{0.5, -2}}, observation);
  CHECK(observation == Vector<double>{{std::cos(0.5), std::sin(0.5), -2}});
}
