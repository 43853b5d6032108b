// SPDX-License-Identifier: MIT
#include "vantage/mujoco/task_support.hpp"

#include "catch.hpp"

using namespace vantage;
using namespace vantage::mujoco;

TEST_CASE("task support: ranges are open, the control cost is a weighted square") {
  CHECK(strictly_inside(0.5, {0, 1}));
  CHECK_FALSE(strictly_inside(0, {0, 1}));
  CHECK_FALSE(strictly_inside(1, {0, 1}));
  Vector<double> action(3);
  action << 1, -2, 3;
  CHECK(control_cost(action, 0.5) == 7);
}

TEST_CASE("task support: noise is drawn in index order") {
  Rng rng(1), same(1);
  double x[2] = {1, 2};
  add_uniform(x, 2, 0.5, rng);
  const double first = same.uniform(-0.5, 0.5), second = same.uniform(-0.5, 0.5);
  CHECK(x[0] == 1 + first);
  CHECK(x[1] == 2 + second);
}

TEST_CASE("task support: version 4 pays for an unhealthy state that ends the episode") {
  struct Options {
    int version;
    bool terminate_when_unhealthy;
    double healthy_reward = 3;
  };
  for (const int version : {4, 5}) {
    for (const bool terminate : {true, false}) {
      CHECK(survival_reward(Options{version, terminate}, true) == 3);
      CHECK(survival_reward(Options{version, terminate}, false) == (version == 4 && terminate ? 3 : 0));
    }
  }
}

TEST_CASE("task support: numbers are limited to a range whose bounds are in order") {
  CHECK(clipped(2, {-1, 1}) == 1);
  CHECK(clipped(-2, {-1, 1}) == -1);
  CHECK(clipped(0.5, {-1, 1}) == 0.5);
  const double x[4] = {-3, 0, 0.5, 2};
  CHECK(clipped_squares(x, 4) == 13.25);
  CHECK(clipped_squares(x, 4, {-1, 1}) == 2.25);
  CHECK(clipped_squares(x, 4, {0.25, 1}) == 0.0625 + 0.0625 + 0.25 + 1);
  CHECK_NOTHROW(require_range({1, 1}, "Task", "low <= high"));
  CHECK_THROWS_WITH(require_range({1, 0.5}, "Task", "height low <= high"),
                    Catch::Matchers::ContainsSubstring("Task: expected height low <= high, got 1, 0.5"));
  CHECK_THROWS(require_range({0, std::numeric_limits<double>::quiet_NaN()}, "Task", "low <= high"));
}
