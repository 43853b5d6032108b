// SPDX-License-Identifier: MIT
// expected error: a robot's control is void control.const mjModel&, mjData&, ConstVectorRef<double> action. const
#include "vantage/mujoco/robot_task.hpp"

struct MyRobot {
  vantage::mujoco::Model model;
  int observation_size = 1;
  void observe(const mjModel&, const mjData&, vantage::VectorRef<double>) const {}
  double reward(const mjModel&, const mjData&, vantage::ConstVectorRef<double>) const { return 0; }
  void control(const mjModel&, mjData&) const {}
};

vantage::mujoco::RobotTask<MyRobot> task(MyRobot{});
