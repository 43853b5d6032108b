// SPDX-License-Identifier: MIT
#include "vantage/mujoco/task_options.hpp"

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
