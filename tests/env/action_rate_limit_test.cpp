// SPDX-License-Identifier: MIT
#include "vantage/env/action_rate_limit.hpp"

#include <limits>

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

static_assert(TangentEnvironment<ActionRateLimit<Pendulum>> && HasRewardTerms<ActionRateLimit<Pendulum>>);
static_assert(Environment<ActionRateLimit<Bare>> && !StatefulEnvironment<ActionRateLimit<Bare>>);

TEST_CASE("what acts climbs by the largest change, and follows what is slower") {
  ActionRateLimit world{Integrator{}, {.change = {0.25}}};
  for (int episode = 0; episode < 2; ++episode) {
    // 0.25, 0.5, 0.75, then 0.625 at once, then down through zero
    CHECK(respond(world, {1, 1, 1, 0.625, -1, -1, -1}) == std::vector<double>{0.25, 0.75, 1.5, 2.125, 2.5, 2.625, 2.5});
  }
  ActionRateLimit from{Integrator{}, {.change = {0.25}, .first = {2}}};
  CHECK(respond(from, {0, 0}) == std::vector<double>{1.75, 3.25});
  ActionRateLimit clipped{Integrator{}.bounded(-3, -1), {.change = {0.5}}};
  CHECK(respond(clipped, {-3, -3}) == std::vector<double>{-1.5, -3.5});
}

TEST_CASE("each component has a change of its own, which may be without limit") {
  ActionRateLimit world{Integrator{3}, {.change = {0.5, 1, std::numeric_limits<double>::infinity()}}};
  Rng rng(1);
  Vector<double> observation(3);
  world.reset(rng, observation);
  world.step(Vector<double>{{-3, 3, 3}}, observation);
  CHECK(observation == Vector<double>{{-0.5, 1, 3}});
  // 0, 0 and -3
  world.step(Vector<double>{{3, -3, -3}}, observation);
  CHECK(observation == Vector<double>{{-0.5, 1, 0}});
  // what is not a number is left to the environment inside, and gone after a reset
  CHECK(world.step(Vector<double>::Constant(3, std::numeric_limits<double>::quiet_NaN()), observation).fault);
  world.reset(rng, observation);
  CHECK_FALSE(world.step(Vector<double>::Zero(3), observation).fault);
}

TEST_CASE("the action that acts is paid, and ends pass through") {
  ActionRateLimit world{Counter{.cut = 2}, {.change = {0.25}}};
  Rng rng(1);
  Vector<double> observation(2);
  world.reset(rng, observation);
  StepResult result = world.step(push(1), observation);
  CHECK(result.reward == 1 + 2.5);
  CHECK_FALSE(result.truncated);
  CHECK(world.reward_terms()[1] == 2.5);
  result = world.step(push(1), observation);
  CHECK(result.reward == 2 + 5);
  CHECK(result.truncated);
}

TEST_CASE("a limited action is part of the state") {
  check_environment(ActionRateLimit{Pendulum{}, {.change = {0.3}}});
  const ActionRateLimit world{Integrator{2}, {.change = {0.3}}};
  CHECK(world.state_size() == 3 + 2);
  CHECK(world.tangent_size() == 2 + 2);
  CHECK(resumes(world, world));
}

TEST_CASE("impossible limits of the rate are refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH((ActionRateLimit{Integrator{}, {.change = {0}}}),
                    "ActionRateLimit: expected change of numbers > 0, got 0");
  CHECK_THROWS_AS((ActionRateLimit{Integrator{}, {.change = {nan}}}), std::invalid_argument);
  CHECK_THROWS_AS((ActionRateLimit{Integrator{}, {}}), std::invalid_argument);
  CHECK_THROWS_AS((ActionRateLimit{Integrator{}, {.change = {1}, .first = {11}}}), std::invalid_argument);
  CHECK_THROWS_WITH((ActionRateLimit{Integrator{1, 1, 2}, {.change = {1}}}),
                    "ActionRateLimit: expected an environment of continuous actions, got Integrator");
}
