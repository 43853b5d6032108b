// SPDX-License-Identifier: MIT
#include "vantage/env/mountain_car_continuous.hpp"

#include <cmath>

#include "catch.hpp"
#include "classic_checks.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/check_environment.hpp"

using namespace vantage;
using vantage::testing::ClassicStep;
using vantage::testing::step_from;
using Car = MountainCarContinuous;

static_assert(StatefulEnvironment<Car> && HasRewardTerms<Car>);

TEST_CASE("a step of the continuous mountain car by hand") {
  // -0.5 and 1/128 are numbers of single precision
  const double velocity = 1.0 / 128 + 0.0015 * 0.75 - 0.0025 * std::cos(-1.5);
  const ClassicStep step = step_from(Car(), {-0.5, 1.0 / 128}, 0.75);
  CHECK(step.state[1] == static_cast<float>(velocity));
  CHECK(step.state[0] == static_cast<float>(-0.5 + velocity));
  CHECK(step.observation == step.state);
  CHECK(step.result.reward == Approx(-0.1 * 0.5625).epsilon(1e-14));
  CHECK(step.terms[0] == 0);
  CHECK(step.terms[1] == step.result.reward);
  CHECK_FALSE(step.result.terminated);
}

TEST_CASE("the force is clipped, what it costs is not") {
  const ClassicStep strong = step_from(Car(), {-0.5, 0}, 30);
  CHECK(strong.state == step_from(Car(), {-0.5, 0}, 1).state);
  CHECK(strong.result.reward == Approx(-90));
  CHECK(step_from(Car(), {-0.5, 0}, -2).state == step_from(Car(), {-0.5, 0}, -1).state);
}

TEST_CASE("the continuous mountain car's state is of single precision") {
  Car car;
  Rng rng(2);
  Vector<double> observation(2);
  car.reset(rng, observation);
  for (int i = 0; i < 20; ++i) {
    CHECK(observation == observation.cast<float>().cast<double>());
    car.step(Vector<double>::Constant(1, 0.3), observation);
  }
}

TEST_CASE("the continuous mountain car's speed and track have bounds") {
  CHECK(step_from(Car(), {-0.9, 0.0699}, 1).state[1] == 0.07F);
  CHECK(step_from(Car(), {0, -0.0699}, -1).state[1] == -0.07F);
  // the wall on the left stops it, the one on the right only holds it
  CHECK(step_from(Car(), {-1.19, -0.05}, 0).state == Vector<double>{{-1.2F, 0}});
  const ClassicStep right = step_from(Car({.goal_velocity = 1}), {0.59, 0.05}, 1);
  CHECK(right.state[0] == 0.6F);
  CHECK(right.state[1] > 0.05);
  CHECK_FALSE(right.result.terminated);
}

TEST_CASE("the continuous mountain car is paid at the goal if it is fast enough") {
  const ClassicStep goal = step_from(Car(), {0.44, 0.03}, 0.5);
  CHECK(goal.result.terminated);
  CHECK(goal.result.reward == Approx(100 - 0.025));
  CHECK(goal.terms[0] == 100);
  CHECK_FALSE(step_from(Car(), {0.41, 0.03}, 0.5).result.terminated);
  // behind the goal, but rolling back
  CHECK_FALSE(step_from(Car(), {0.5, -0.005}, 1).result.terminated);
  CHECK(step_from(Car(), {0.5, -0.0001}, 1).result.terminated);
  CHECK_FALSE(step_from(Car({.goal_velocity = 0.04}), {0.44, 0.03}, 0.5).result.terminated);
  CHECK(step_from(Car({.goal_velocity = 0.029}), {0.44, 0.03}, 0.5).result.terminated);
}

TEST_CASE("first states, state and faults of the continuous mountain car") {
  vantage::testing::check_reset(Car(), {true, false}, -0.6, -0.4, 1e-7);
  vantage::testing::check_reset(Car({.low = -1, .high = 0.2}), {true, false}, -1, 0.2, 1e-7);
  vantage::testing::check_state(Car(), 0.7);
  CHECK(step_from(Car(), {-0.5, 0}, std::nan("")).result.fault);
  CHECK_FALSE(step_from(Car(), {-0.5, 0}, 1).result.fault);
  check_environment(Car());
}

TEST_CASE("options of the continuous mountain car") {
  CHECK(vantage::testing::option_names(MountainCarContinuousOptions()) ==
        std::set<std::string>{"goal_velocity", "low", "high", "max_episode_steps"});
  const EnvironmentSpec spec = Car().spec();
  CHECK(spec.name == "MountainCarContinuous-v0");
  CHECK(spec.max_episode_steps == 999);
  CHECK(spec.discrete_actions == 0);
  CHECK(spec.action_low[0] == -1);
  CHECK(spec.action_high[0] == 1);
  CHECK_THROWS_AS(Car({.low = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Car({.goal_velocity = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(Car({.max_episode_steps = -1}), std::invalid_argument);
}
