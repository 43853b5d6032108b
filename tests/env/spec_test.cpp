// SPDX-License-Identifier: MIT
#include "vantage/env/spec.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("the bounds give the size of an action, and nothing is limited by default") {
  EnvironmentSpec spec;
  CHECK(spec.action_size() == 0);
  CHECK(spec.max_episode_steps == 0);
  spec.action_low = Vector<double>::Constant(3, -1);
  CHECK(spec.action_size() == 3);
}

TEST_CASE("a discrete action is one number, whatever their count") {
  EnvironmentSpec spec;
  CHECK_FALSE(spec.is_discrete());
  spec.discrete_actions = 5;
  CHECK(spec.is_discrete());
  CHECK(spec.action_size() == 1);
}

TEST_CASE("a step goes on unless it says otherwise") {
  const StepResult result{.reward = 2};
  CHECK(result.reward == 2);
  CHECK_FALSE(result.terminated);
  CHECK_FALSE(result.fault);
}
