// SPDX-License-Identifier: MIT
#include "vantage/mujoco/task_options.hpp"

#include <limits>

#include "catch.hpp"
#include "vantage/mujoco/hopper.hpp"

using namespace vantage::mujoco;

TEST_CASE("task options: each kind is read from text") {
  Hopper task;
  set_option(task, "forward_reward_weight", "2.5");
  set_option(task, "frame_skip", "2");
  set_option(task, "max_episode_steps", "5000000000");
  set_option(task, "terminate_when_unhealthy", "false");
  set_option(task, "healthy_z_range", "0.5,inf");
  set_option(task, "xml_file", "mine.xml");
  CHECK(task.forward_reward_weight == 2.5);
  CHECK(task.frame_skip == 2);
  CHECK(task.max_episode_steps == 5000000000);
  CHECK_FALSE(task.terminate_when_unhealthy);
  CHECK(task.healthy_z_range == Range{0.5, infinity});
  CHECK(task.xml_file == "mine.xml");
}

TEST_CASE("task options: wrong names and values are named, and change nothing") {
  using Catch::Matchers::ContainsSubstring;
  Hopper task;
  CHECK_THROWS_WITH(set_option(task, "speed", "2"),
                    ContainsSubstring("ctrl_cost_weight") && ContainsSubstring("got speed"));
  CHECK_THROWS_WITH(set_option(task, "frame_skip", "2.5"), ContainsSubstring("an integer for frame_skip, got 2.5"));
  CHECK_THROWS_WITH(set_option(task, "healthy_reward", "1x"), ContainsSubstring("a number"));
  CHECK_THROWS_WITH(set_option(task, "healthy_z_range", "1"), ContainsSubstring("low,high"));
  CHECK_THROWS_WITH(set_option(task, "terminate_when_unhealthy", "yes"), ContainsSubstring("true or false"));
  CHECK(task.frame_skip == 4);
}

TEST_CASE("task options: what is no number, or an infinite weight, makes no world") {
  using Catch::Matchers::ContainsSubstring;
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_NOTHROW(Environment<Hopper>());
  for (const double bad : {nan, infinity, -infinity}) {
    CHECK_THROWS_WITH(Environment<Hopper>({.forward_reward_weight = bad}),
                      ContainsSubstring("expected a finite forward_reward_weight"));
    CHECK_THROWS_AS(Environment<Hopper>({.ctrl_cost_weight = bad}), std::invalid_argument);
  }
  CHECK_THROWS_AS(Environment<Hopper>({.healthy_z_range = {nan, 1}}), std::invalid_argument);
  CHECK_NOTHROW(Environment<Hopper>({.healthy_z_range = {0.7, infinity}}));
}
