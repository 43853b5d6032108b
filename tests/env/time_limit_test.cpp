// SPDX-License-Identifier: MIT
#include "vantage/env/time_limit.hpp"

#include "catch.hpp"
#include "counter.hpp"
#include "vantage/env/vector_environment.hpp"

using namespace vantage;
using vantage::testing::Bare;
using vantage::testing::Counter;
using vantage::testing::push;

static_assert(StatefulEnvironment<TimeLimit<Counter>> && HasRewardTerms<TimeLimit<Counter>>);
static_assert(Environment<TimeLimit<Bare>> && !StatefulEnvironment<TimeLimit<Bare>> &&
              !HasRewardTerms<TimeLimit<Bare>>);

TEST_CASE("a time limit is named, and the rest stays") {
  CHECK((TimeLimit{Counter{}, 4}.spec().max_episode_steps) == 4);
  CHECK((TimeLimit{Counter{}, 0}.spec().max_episode_steps) == 0);
  CHECK((TimeLimit{TimeLimit{Counter{}, 4}, 40}.spec().max_episode_steps) == 40);
  CHECK((TimeLimit{Counter{}, 4}.environment().spec().max_episode_steps) == 10);
  CHECK((TimeLimit{Counter{}, 4}.spec().reward_terms.size()) == 2);
  CHECK_THROWS_AS((TimeLimit{Counter{}, -1}), std::invalid_argument);
}

TEST_CASE("the environment goes on past the limit, and its vector cuts it") {
  TimeLimit world{Counter{}, 2};
  Vector<double> observation(2);
  for (int i = 1; i <= 5; ++i) {
    const StepResult result = world.step(push(0), observation);
    CHECK(result.reward == i);
    CHECK_FALSE(result.terminated);
  }
  VectorEnvironment environments(TimeLimit{Counter{}, 2}, {.count = 1});
  const Vector<double> action = push(0);
  CHECK_FALSE(environments.step<double>(0, action).truncated);
  CHECK(environments.step<double>(0, action).truncated);
  CHECK(environments.successor(0)[0] == 2);
  CHECK(environments.observation(0)[0] == 0);
}
