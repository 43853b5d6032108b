// SPDX-License-Identifier: MIT
#include "vantage/env/action_repeat.hpp"

#include "catch.hpp"
#include "counter.hpp"
#include "switchboard.hpp"
#include "vantage/env/pendulum.hpp"

using namespace vantage;
using vantage::testing::Bare;
using vantage::testing::Counter;
using vantage::testing::push;

static_assert(StatefulEnvironment<ActionRepeat<Counter>> && HasRewardTerms<ActionRepeat<Counter>>);
static_assert(Environment<ActionRepeat<Bare>> && !StatefulEnvironment<ActionRepeat<Bare>> &&
              !HasRewardTerms<ActionRepeat<Bare>>);

TEST_CASE("a repeated action sums rewards and terms") {
  ActionRepeat world{Counter{}, 4};
  Vector<double> observation(2);
  CHECK(world.count() == 4);
  CHECK(world.step(push(0.5), observation).reward == 1 + 2 + 3 + 4 + 4 * 5);
  CHECK(world.reward_terms()[0] == 10);
  CHECK(world.reward_terms()[1] == 20);
  CHECK(observation == Vector<double>{{4, -4}});
  CHECK(world.step(push(0), observation).reward == 5 + 6 + 7 + 8);
  CHECK(world.reward_terms()[1] == 0);
  Rng rng(1);
  world.reset(rng, observation);
  CHECK(world.reward_terms()[0] == 0);
}

TEST_CASE("a repeated action stops at an end and at a fault") {
  ActionRepeat ending{Counter{.last = 6}, 4};
  Vector<double> observation(2);
  CHECK_FALSE(ending.step(push(0), observation).terminated);
  const StepResult end = ending.step(push(0), observation);
  CHECK(end.terminated);
  CHECK_FALSE(end.fault);
  CHECK(end.reward == 5 + 6);
  CHECK(ending.reward_terms()[0] == 11);
  CHECK(ending.environment().n == 6);

  ActionRepeat breaking{Counter{.broken = 3}, 4};
  const StepResult fault = breaking.step(push(0), observation);
  CHECK(fault.fault);
  CHECK_FALSE(fault.terminated);
  CHECK(breaking.environment().n == 3);

  ActionRepeat cut{Counter{.cut = 6}, 4};
  CHECK_FALSE(cut.step(push(0), observation).truncated);
  const StepResult off = cut.step(push(0), observation);
  CHECK((off.truncated && !off.terminated && !off.fault));
  CHECK(cut.environment().n == 6);

  // exactly at the last repetition
  ActionRepeat last{Counter{.last = 4}, 4};
  CHECK(last.step(push(0), observation).terminated);
}

TEST_CASE("repetition divides the time limit and rounds up") {
  const auto limit = [](Index steps, Index count) {
    Counter counter;
    counter.description.max_episode_steps = steps;
    return ActionRepeat{counter, count}.spec().max_episode_steps;
  };
  CHECK(limit(10, 1) == 10);
  CHECK(limit(10, 5) == 2);
  CHECK(limit(10, 4) == 3);
  CHECK(limit(10, 20) == 1);
  CHECK(limit(0, 4) == 0);
  CHECK_THROWS_AS((ActionRepeat{Counter{}, 0}), std::invalid_argument);
}

TEST_CASE("a repeated pendulum is a pendulum stepped by hand, and can be saved") {
  ActionRepeat world{Pendulum{}, 3};
  Pendulum plain;
  Rng rng(4), same(4);
  Vector<double> observation(3), expected(3);
  world.reset(rng, observation);
  plain.reset(same, expected);
  CHECK(observation == expected);
  double sum = 0;
  for (int i = 0; i < 3; ++i) sum += plain.step(push(1.2), expected).reward;
  CHECK(world.step(push(1.2), observation).reward == sum);
  CHECK(observation == expected);
  Vector<double> state(world.state_size());
  world.save_state(state);
  ActionRepeat other{Pendulum{}, 3};
  other.load_state(state);
  const double next = world.step(push(-0.3), observation).reward;
  CHECK(other.step(push(-0.3), expected).reward == next);
  CHECK(observation == expected);
}

TEST_CASE("what a mask allows now may not be allowed again") {
  CHECK_THROWS_WITH(ActionRepeat<Switchboard>(Switchboard(), 2), Catch::Matchers::Contains("always allowed"));
  CHECK_NOTHROW(ActionRepeat<Switchboard>(Switchboard(false), 2));
}
