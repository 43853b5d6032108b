// SPDX-License-Identifier: MIT
#include "vantage/env/spec.hpp"

#include <cmath>
#include <limits>

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

TEST_CASE("a spec that no learner can work with is refused") {
  EnvironmentSpec good{"task", 2, Vector<double>::Constant(2, -1), Vector<double>::Ones(2), 10, {}};
  CHECK_NOTHROW(validate(good));
  const auto refuses = [&](auto change, const char* words) {
    EnvironmentSpec spec = good;
    change(spec);
    CHECK_THROWS_WITH(validate(spec),
                      Catch::Matchers::Contains("EnvironmentSpec task: expected ") && Catch::Matchers::Contains(words));
  };
  refuses([](EnvironmentSpec& spec) { spec.observation_size = 0; }, "observation_size >= 1, got 0");
  refuses([](EnvironmentSpec& spec) { spec.action_high.resize(1); }, "as many upper as lower action bounds, got 1");
  refuses([](EnvironmentSpec& spec) { spec.action_low[1] = 2; }, "low <= high, got 2");
  refuses([](EnvironmentSpec& spec) { spec.action_low[0] = std::nan(""); }, "low <= high, got nan");
  refuses([](EnvironmentSpec& spec) { spec.action_low = spec.action_high = {}; }, "at least one action component");
  refuses([](EnvironmentSpec& spec) { spec.max_episode_steps = -1; }, "max_episode_steps >= 0, got -1");
  refuses([](EnvironmentSpec& spec) { spec.discrete_actions = -1; }, "discrete_actions >= 0, got -1");
  // no bound, and a component that cannot move
  good.action_low[0] = -std::numeric_limits<double>::infinity();
  good.action_high[1] = good.action_low[1];
  CHECK_NOTHROW(validate(good));
}

TEST_CASE("of several discrete actions each has a row and choices of its own, one alone is the case of one") {
  EnvironmentSpec spec;
  CHECK(spec.choices().empty());
  CHECK(spec.choice_count() == 0);
  spec.action_choices = {3, 2, 4};
  CHECK(spec.is_discrete());
  CHECK(spec.action_size() == 3);
  CHECK(spec.choice_count() == 9);
  CHECK(spec.choices()[2] == 4);
  spec.action_choices = {};
  spec.discrete_actions = 5;
  REQUIRE(spec.choices().size() == 1);
  CHECK(spec.choices()[0] == 5);
  CHECK(spec.choice_count() == 5);
}

TEST_CASE("choices and masks that cannot be are refused") {
  EnvironmentSpec good{"task", 6, {}, {}, 0, {}};
  good.action_choices = {3, 1};
  CHECK_NOTHROW(validate(good));
  good.mask_row = 2;
  CHECK_NOTHROW(validate(good));
  const auto refuses = [&](auto change, const char* words) {
    EnvironmentSpec spec = good;
    change(spec);
    CHECK_THROWS_WITH(validate(spec), Catch::Matchers::Contains(words));
  };
  refuses([](EnvironmentSpec& spec) { spec.action_choices[1] = 0; }, "action_choices >= 1, got 0");
  refuses([](EnvironmentSpec& spec) { spec.discrete_actions = 2; }, "not both, got 2");
  refuses([](EnvironmentSpec& spec) { spec.mask_row = 3; }, "a mask_row from which on");
  refuses([](EnvironmentSpec& spec) { spec.mask_row = -1; }, "a mask_row from which on");
  refuses(
      [](EnvironmentSpec& spec) {
        spec.action_choices = {};
        spec.action_low = spec.action_high = Vector<double>::Ones(2);
      },
      "discrete actions for a mask");
}
