// SPDX-License-Identifier: MIT
// expected error: robot.reward
#include "vantage/mujoco/robot_task.hpp"

struct MyRobot {
  vantage::mujoco::Model model;
  int observation_size = 1;
  void observe(const mjModel&, const mjData&, vantage::VectorRef<double>) const {}
};

vantage::mujoco::RobotEnvironment<MyRobot>* world;
