// SPDX-License-Identifier: MIT
#include "mujoco_tasks.hpp"

#include <string>

#include "randomise.hpp"
#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/humanoid.hpp"
#include "vantage/mujoco/humanoid_standup.hpp"
#include "vantage/mujoco/inverted_double_pendulum.hpp"
#include "vantage/mujoco/inverted_pendulum.hpp"
#include "vantage/mujoco/pusher.hpp"
#include "vantage/mujoco/reacher.hpp"
#include "vantage/mujoco/swimmer.hpp"
#include "vantage/mujoco/target_speed_ant.hpp"
#include "vantage/mujoco/walker2d.hpp"

namespace {

/// The options of a MuJoCo task, and what its episodes draw anew.
template <class Task>
struct RandomizedTask {
  Task task;
  std::string randomise;
};

template <class Chosen, class F>
requires requires(std::remove_const_t<Chosen> chosen) { chosen.randomise; }
void visit_options(Chosen& chosen, F&& visit) {
  visit_options(chosen.task, visit);
  visit("randomise", chosen.randomise);
}

/// A MuJoCo task under the name of its preset.
template <class Task>
TaskTable::value_type mujoco_row(const Task& preset) {
  using World = vantage::mujoco::Environment<Task>;
  return task_row(preset.name, RandomizedTask<Task>{preset, ""}, [](const RandomizedTask<Task>& chosen) {
    return World(chosen.task, parse_randomization(chosen.randomise));
  });
}

}  // namespace

TaskTable mujoco_tasks() {
  namespace mj = vantage::mujoco;
  return {
      mujoco_row(mj::Ant{}),
      mujoco_row(mj::Ant::v4()),
      mujoco_row(mj::HalfCheetah{}),
      mujoco_row(mj::HalfCheetah::v4()),
      mujoco_row(mj::Hopper{}),
      mujoco_row(mj::Hopper::v4()),
      mujoco_row(mj::Humanoid{}),
      mujoco_row(mj::Humanoid::v4()),
      mujoco_row(mj::HumanoidStandup{}),
      mujoco_row(mj::HumanoidStandup::v4()),
      mujoco_row(mj::InvertedDoublePendulum{}),
      mujoco_row(mj::InvertedDoublePendulum::v4()),
      mujoco_row(mj::InvertedPendulum{}),
      mujoco_row(mj::InvertedPendulum::v4()),
      mujoco_row(mj::Pusher{}),
      mujoco_row(mj::Pusher::v4()),
      mujoco_row(mj::Reacher{}),
      mujoco_row(mj::Reacher::v4()),
      mujoco_row(mj::Swimmer{}),
      mujoco_row(mj::Swimmer::v4()),
      mujoco_row(mj::TargetSpeedAnt{}),
      mujoco_row(mj::Walker2d{}),
      mujoco_row(mj::Walker2d::v4()),
  };
}
