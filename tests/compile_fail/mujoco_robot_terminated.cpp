// SPDX-License-Identifier: MIT
// expected error: a robot's terminated is bool terminated.const mjModel&, const mjData&. const
#include "vantage/mujoco/robot_task.hpp"

struct MyRobot {
  vantage::mujoco::Model model;
  int observation_size = 1;
  void observe(const mjModel&, const mjData&, vantage::VectorRef<double>) const {}
  double reward(const mjModel&, const mjData&, vantage::ConstVectorRef<double>) const { return 0; }
  bool terminated(const mjData&) const { return false; }
};

vantage::mujoco::RobotTask<MyRobot> task(MyRobot{});
