// SPDX-License-Identifier: MIT
#include "vantage/env/mountain_car.hpp"

#include <cmath>

#include "catch.hpp"
#include "classic_checks.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/check_environment.hpp"

using namespace vantage;
using vantage::testing::ClassicStep;
using vantage::testing::step_from;

static_assert(StatefulEnvironment<MountainCar> && HasRewardTerms<MountainCar>);

TEST_CASE("a step of the mountain car by hand") {
  for (const int action : {0, 1, 2}) {
    const double velocity = 0.01 + 0.001 * (action - 1) - 0.0025 * std::cos(-1.5);
    const ClassicStep step = step_from(MountainCar(), {-0.5, 0.01}, action);
    CHECK(step.state[1] == Approx(velocity).epsilon(1e-14));
    CHECK(step.state[0] == Approx(-0.5 + velocity).epsilon(1e-14));
    CHECK(step.observation == step.state);
    CHECK(step.result.reward == -1);
    CHECK(step.terms == std::vector<double>{-1});
    CHECK_FALSE(step.result.terminated);
  }
}

TEST_CASE("the mountain car's speed and track have bounds") {
  CHECK(step_from(MountainCar(), {-0.9, 0.0699}, 2).state[1] == 0.07);
  CHECK(step_from(MountainCar(), {0, -0.0699}, 0).state[1] == -0.07);
  // the wall on the left stops it, the one on the right only holds it
  CHECK(step_from(MountainCar(), {-1.19, -0.05}, 0).state == Vector<double>{{-1.2, 0}});
  const ClassicStep right = step_from(MountainCar({.goal_velocity = 1}), {0.59, 0.05}, 2);
  CHECK(right.state[0] == 0.6);
  CHECK(right.state[1] > 0.05);
  CHECK_FALSE(right.result.terminated);
  // away from the wall
  CHECK(step_from(MountainCar(), {-1.2, 0}, 1).state[1] > 0);
}

TEST_CASE("the mountain car ends at the goal if it is fast enough") {
  CHECK(step_from(MountainCar(), {0.48, 0.03}, 1).result.terminated);
  CHECK(step_from(MountainCar(), {0.48, 0.03}, 1).result.reward == -1);
  CHECK_FALSE(step_from(MountainCar(), {0.46, 0.03}, 1).result.terminated);
  // behind the goal, but rolling back
  CHECK_FALSE(step_from(MountainCar(), {0.55, -0.001}, 0).result.terminated);
  CHECK(step_from(MountainCar(), {0.55, -0.0001}, 2).result.terminated);
  CHECK_FALSE(step_from(MountainCar({.goal_velocity = 0.04}), {0.48, 0.03}, 1).result.terminated);
  CHECK(step_from(MountainCar({.goal_velocity = 0.029}), {0.48, 0.03}, 1).result.terminated);
}

TEST_CASE("first states, state and refused actions of the mountain car") {
  vantage::testing::check_reset(MountainCar(), {true, false}, -0.6, -0.4);
  vantage::testing::check_reset(MountainCar({.low = -1, .high = 0.2}), {true, false}, -1, 0.2);
  vantage::testing::check_state(MountainCar(), 2);
  vantage::testing::check_refused_actions(MountainCar(), 3, "MountainCar");
  check_environment(MountainCar());
}

TEST_CASE("options of the mountain car") {
  CHECK(vantage::testing::option_names(MountainCarOptions()) ==
        std::set<std::string>{"goal_velocity", "low", "high", "max_episode_steps"});
  CHECK(MountainCar().spec().name == "MountainCar-v0");
  CHECK(MountainCar().spec().max_episode_steps == 200);
  CHECK_THROWS_AS(MountainCar({.low = 0}), std::invalid_argument);
  CHECK_THROWS_AS(MountainCar({.goal_velocity = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(MountainCar({.max_episode_steps = -1}), std::invalid_argument);
}
