// SPDX-License-Identifier: MIT
#include "vantage/env/per_component.hpp"

#include <limits>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("one number stands for all components, or there is one for each") {
  const auto positive = [](const std::vector<double>& numbers) {
    return per_component("Who", "width", numbers, 3, "of numbers > 0", [](double x) { return x > 0; });
  };
  CHECK(positive({2}) == Vector<double>{{2, 2, 2}});
  CHECK(positive({1, 2, 3}) == Vector<double>{{1, 2, 3}});
  CHECK_THROWS_WITH(positive({}), "Who: expected width of one number for all or of 3, got 0");
  CHECK_THROWS_WITH(positive({1, 2}), "Who: expected width of one number for all or of 3, got 2");
  CHECK_THROWS_WITH(positive({1, -2, 3}), "Who: expected width of numbers > 0, got -2");
  CHECK_THROWS_AS(positive({std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
}

TEST_CASE("at rest an action is zero, or the nearest to it that is allowed, or the one given") {
  const double infinity = std::numeric_limits<double>::infinity();
  EnvironmentSpec spec;
  spec.action_low = Vector<double>{{-1, 0.5, -infinity}};
  spec.action_high = Vector<double>{{1, 2, -0.25}};
  CHECK(resting_action("Who", spec, {}) == Vector<double>{{0, 0.5, -0.25}});
  CHECK(resting_action("Who", spec, {-1, 2, -7}) == Vector<double>{{-1, 2, -7}});
  CHECK_THROWS_WITH(resting_action("Who", spec, {0, 0, -7}), "Who: expected first within the task's actions, got 0");
  CHECK_THROWS_WITH(resting_action("Who", spec, {0, 1, -infinity}), "Who: expected first of finite numbers, got -inf");
  CHECK_THROWS_AS(resting_action("Who", spec, {0, 1}), std::invalid_argument);

  EnvironmentSpec discrete;
  discrete.discrete_actions = 3;
  CHECK(resting_action("Who", discrete, {}) == Vector<double>{{0}});
  CHECK(resting_action("Who", discrete, {2}) == Vector<double>{{2}});
  CHECK_THROWS_AS(resting_action("Who", discrete, {3}), std::invalid_argument);
  CHECK_THROWS_WITH(resting_action("Who", discrete, {0.5}), "Who: expected first of a whole number, got 0.5");
}

TEST_CASE("at rest several discrete actions are zeros, or those given, each within its choices") {
  EnvironmentSpec spec;
  spec.action_choices = {3, 2};
  CHECK(resting_action("it", spec, {}) == Vector<double>{{0, 0}});
  CHECK(resting_action("it", spec, {2, 1}) == Vector<double>{{2, 1}});
  CHECK_THROWS_AS(resting_action("it", spec, {1, 2}), std::invalid_argument);
}
