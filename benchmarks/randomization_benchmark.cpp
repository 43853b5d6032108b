// SPDX-License-Identifier: MIT
// What domain randomization costs a step: every MuJoCo task as it is, and with ten quantities drawn anew each episode,
// one for each body, geom, joint and motor. They take turns, and the best of many counts.
//   randomization_benchmark [TASK]
#include <algorithm>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <string>

#include "mujoco_tasks.hpp"
#include "multiply_add_peak.hpp"
#include "vantage/env/vector_environment.hpp"

namespace {

using namespace vantage;
using namespace vantage::benchmarks;

constexpr Index kWorlds = 16;
constexpr int kRounds = 60;
constexpr int kSteps = 10;

mujoco::Randomization ten_quantities() {
  using namespace vantage::mujoco;
  return {{Quantity::mass, 0.8, 1.2, Change::scale, {}, true},
          {Quantity::inertia, 0.8, 1.2, Change::scale, {}, true},
          {Quantity::friction, 0.5, 1.5, Change::scale, {}, true},
          {Quantity::damping, 0.5, 1.5, Change::scale, {}, true},
          {Quantity::armature, 0.5, 1.5, Change::scale, {}, true},
          {Quantity::stiffness, 0.8, 1.2, Change::scale, {}, true},
          {Quantity::motor_gain, 0.8, 1.2, Change::scale, {}, true},
          {Quantity::joint_offset, -0.02, 0.02, Change::offset, {}, true},
          {Quantity::gravity, 0.9, 1.1},
          {Quantity::time_step, 1, 1}};
}

// the same actions in new episodes; seconds a step
template <class Worlds>
double time_steps(Worlds& worlds) {
  Rng rng(1);
  Vector<double> action(worlds.spec().action_size());
  for (Index e = 0; e < worlds.size(); ++e) worlds.reset(e);
  const double start = seconds();
  for (int i = 0; i < kSteps; ++i) {
    for (Index e = 0; e < worlds.size(); ++e) {
      for (double& number : action) number = rng.uniform(-1, 1);
      worlds.template step<double>(e, action);
    }
  }
  return (seconds() - start) / static_cast<double>(kSteps * worlds.size());
}

template <class Task>
void measure(const Task& task) {
  using World = mujoco::Environment<Task>;
  VectorEnvironment<World> plain(World(task), {.count = kWorlds});
  VectorEnvironment<World> drawn(World(task, ten_quantities()), {.count = kWorlds});
  double best_plain = std::numeric_limits<double>::infinity();
  double best_drawn = best_plain;
  for (int round = 0; round < kRounds; ++round) {
    best_plain = std::min(best_plain, time_steps(plain));
    best_drawn = std::min(best_drawn, time_steps(drawn));
  }
  std::printf("%-28s %8d %10.2f %10.2f %8.3f\n", plain.spec().name.c_str(),
              static_cast<int>(drawn.environment(0).drawn().size()), best_plain * 1e6, best_drawn * 1e6,
              best_drawn / best_plain);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    for_each_task(
        argc > 1 ? argv[1] : "",
        [] { std::printf("%-28s %8s %10s %10s %8s\n", "task", "draws", "us", "drawn, us", "ratio"); },
        [](const auto& task) { measure(task); });
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "randomization_benchmark: %s\n", error.what());
    return 1;
  }
}
