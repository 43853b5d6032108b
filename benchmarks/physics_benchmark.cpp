// SPDX-License-Identifier: MIT
// What collecting costs beyond the physics, for every MuJoCo task: environment steps a second of the collector (policy
// inference, normalisation, resets, rewards, observations, statistics) beside loops over mj_step written by hand. Both
// play the same episodes of the same untrained policy, reset where it falls, and end in the same states bit by bit;
// they take turns, and the best round of each counts.
//   physics_benchmark [--task NAME] [--seconds S] [--threads N] [--environments E] [--only collector]
// With --only collector it prints that one number a task and times nothing else.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>

#include "bare_physics.hpp"
#include "mujoco_tasks.hpp"
#include "vantage/vantage.hpp"

namespace {

using namespace vantage;
using namespace vantage::benchmarks;

struct Options {
  std::string task;    // none: all
  double seconds = 6;  // of timing a task
  Index threads = 2;
  Index environments = 16;
  bool only_collector = false;
};

constexpr int rounds = 8;

template <class Task>
void measure(const Options& options, const Task& task) {
  using World = mujoco::Environment<Task>;
  const World world(task);
  Context context({.seed = 1, .threads = options.threads});
  const GaussianPolicy<float> policy(world.spec().observation_size, world.spec().action_size(), {}, context.rng());
  const auto fresh = [&](bool keeps_log) {
    return Collector<Logged<World>>(VectorEnvironment<Logged<World>>(
        Logged<World>(world, keeps_log), {.count = options.environments, .action_map = ActionMap::clip_and_rescale}));
  };
  Batch<float> batch;
  const auto collect = [&](Collector<Logged<World>>& collector, Index collections) {
    return seconds_of([&] {
      for (Index i = 0; i < collections; ++i) collector.collect(policy, context, batch);
    });
  };

  // as many collections as fill a turn, and what they ask of MuJoCo
  Collector<Logged<World>> first = fresh(false);
  collect(first, 1);
  const double turn = options.seconds / (options.only_collector ? 1 : 2 * rounds);
  const Index collections = std::max<Index>(1, static_cast<Index>(turn / collect(first, 1)));
  if (options.only_collector) {
    const auto steps = static_cast<double>(collections * first.batch_size());
    std::printf("%s %.0f\n", world.spec().name.c_str(), steps / collect(first, collections));
    return;
  }
  Collector<Logged<World>> logged = fresh(true);
  collect(logged, collections);
  const BarePhysics<World> bare(logged.environments(), options.threads);

  double bare_seconds = std::numeric_limits<double>::infinity();
  double collector_seconds = bare_seconds;
  for (int round = 0; round < rounds; ++round) {
    Collector<Logged<World>> again = fresh(false);
    bare_seconds = std::min(bare_seconds, bare.run());
    collector_seconds = std::min(collector_seconds, collect(again, collections));
  }
  const auto steps = static_cast<double>(bare.steps());
  std::printf("%-28s %8.0f %12.0f %12.0f %8.2f\n", world.spec().name.c_str(),
              static_cast<double>(bare.steps()) / static_cast<double>(bare.episodes()), steps / bare_seconds,
              steps / collector_seconds, bare_seconds / collector_seconds);
  std::fflush(stdout);
}

void print_header(const Options& options) {
  if (options.only_collector) return;
  std::printf("%d environments, 64-64 tanh, %d threads\n", static_cast<int>(options.environments),
              static_cast<int>(options.threads));
  std::printf("%-28s %8s %12s %12s %8s\n", "task", "episode", "bare", "collector", "ratio");
  std::printf("%-28s %8s %12s %12s %8s\n", "", "steps", "steps/s", "steps/s", "");
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) throw std::invalid_argument(name + ": expected a value");
    if (name == "--task") {
      options.task = argv[i + 1];
    } else if (name == "--seconds") {
      options.seconds = std::atof(argv[i + 1]);
    } else if (name == "--threads") {
      options.threads = std::atoi(argv[i + 1]);
    } else if (name == "--environments") {
      options.environments = std::atoi(argv[i + 1]);
    } else if (name == "--only" && std::string(argv[i + 1]) == "collector") {
      options.only_collector = true;
    } else {
      throw std::invalid_argument("expected --task, --seconds, --threads, --environments or --only collector, got " +
                                  name + " " + argv[i + 1]);
    }
  }
  require(options.seconds > 0, "--seconds", "a number > 0", options.seconds);
  require(options.threads > 0, "--threads", "a number >= 1", options.threads);
  require(options.environments > 0, "--environments", "a number >= 1", options.environments);
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = parse(argc, argv);
    for_each_task(
        options.task, [&] { print_header(options); }, [&](const auto& task) { measure(options, task); });
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "physics_benchmark: %s\n", error.what());
    return 1;
  }
}
