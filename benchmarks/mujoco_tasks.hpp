// SPDX-License-Identifier: MIT
#ifndef VANTAGE_BENCHMARKS_MUJOCO_TASKS_HPP
#define VANTAGE_BENCHMARKS_MUJOCO_TASKS_HPP

#include <stdexcept>
#include <string>

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

namespace vantage::benchmarks {

/// Calls visit(task) for every MuJoCo task, or for the one that is wanted, named with or without its version, after
/// `begin()`. Throws: std::invalid_argument for a name that no task has.
template <class Begin, class Visit>
void for_each_task(const std::string& wanted, Begin&& begin, Visit&& visit) {
  using namespace vantage::mujoco;
  const auto over = [&]<class... Tasks>(const Tasks&... tasks) {
    const auto is_wanted = [&](const std::string& name) {
      return wanted.empty() || name == wanted || name.starts_with(wanted + "-");
    };
    if (!(is_wanted(tasks.name) || ...)) {
      std::string known;
      ((known += std::string(known.empty() ? "" : ", ") + tasks.name), ...);
      throw std::invalid_argument("--task: expected one of " + known + "; got " + wanted);
    }
    begin();
    const auto play = [&](const auto& task) {
      if (is_wanted(task.name)) visit(task);
    };
    (play(tasks), ...);
  };
  over(InvertedPendulum{}, InvertedDoublePendulum{}, Reacher{}, Pusher{}, Swimmer{}, Hopper{}, HalfCheetah{},
       Walker2d{}, Ant{}, TargetSpeedAnt{}, Humanoid{}, HumanoidStandup{});
}

}  // namespace vantage::benchmarks

#endif
