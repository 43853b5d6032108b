// SPDX-License-Identifier: MIT
// What MuJoCo's own options gain and what they change, for every MuJoCo task: loops over mj_step replay what a
// collector asked of the default physics, with one option after the other, taking turns; the best round of each counts.
// Beside each gain stands whether positions keep their bits.
//   physics_levers_benchmark [--task NAME] [--option NAME] [--seconds S] [--steps N] [--policy FILE.safetensors]
// The episodes are those of an untrained policy, or of the policy in the file. With --seconds 0 nothing is timed.
// All of it takes about ten minutes.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "bare_physics.hpp"
#include "mujoco_tasks.hpp"
#include "vantage/vantage.hpp"

namespace {

using namespace vantage;
using namespace vantage::benchmarks;

struct Options {
  std::string task;    // none: all
  std::string option;  // none: all
  std::string policy;  // none: untrained
  double seconds = 8;  // of timing a task
  Index steps = 10'000;
};

struct Lever {
  const char* name;
  std::function<void(mjModel&)> pull;
};

std::vector<Lever> levers(const std::string& option) {
  std::vector<Lever> all;
#if mjVERSION_HEADER >= 336
  all.push_back({"islands off", [](mjModel& m) { m.opt.disableflags |= mjDSBL_ISLAND; }});
#endif
#if mjVERSION_HEADER >= 233
  all.push_back({"midphase off", [](mjModel& m) { m.opt.disableflags |= mjDSBL_MIDPHASE; }});
#endif
#if mjVERSION_HEADER >= 336
  all.push_back({"islands, midphase off", [](mjModel& m) { m.opt.disableflags |= mjDSBL_ISLAND | mjDSBL_MIDPHASE; }});
#endif
  all.push_back({"dense Jacobians", [](mjModel& m) { m.opt.jacobian = mjJAC_DENSE; }});
  all.push_back({"sparse Jacobians", [](mjModel& m) { m.opt.jacobian = mjJAC_SPARSE; }});
  all.push_back({"sensors off", [](mjModel& m) { m.opt.disableflags |= mjDSBL_SENSOR; }});
#if mjVERSION_HEADER >= 233
  all.push_back({"no bounding volumes drawn", [](mjModel& m) { m.vis.global.bvactive = 0; }});
#endif
  all.push_back({"Newton", [](mjModel& m) { m.opt.solver = mjSOL_NEWTON; }});
  all.push_back({"tolerance 1e-6", [](mjModel& m) { m.opt.tolerance = 1e-6; }});
  all.push_back({"tolerance 1e-4", [](mjModel& m) { m.opt.tolerance = 1e-4; }});
  all.push_back({"10 iterations", [](mjModel& m) { m.opt.iterations = 10; }});
  all.push_back({"Euler", [](mjModel& m) { m.opt.integrator = mjINT_EULER; }});
  std::erase_if(all, [&](const Lever& lever) { return !option.empty() && option != lever.name; });
  require(!all.empty(), "--option", "one of the options that are printed without it", option);
  return all;
}

using ModelCopy = std::unique_ptr<mjModel, void (*)(mjModel*)>;

template <class Task>
void measure(const Options& options, Task task) {
  using World = mujoco::Environment<Task>;
  const std::string name = task.name;
  task.physics = "mujoco";
  const World world(task);
  Context context({.seed = 1, .threads = 1});
  const auto file = options.policy.empty() ? std::nullopt : std::optional(load_policy<float>(options.policy));
  Collector<Logged<World>> collector(
      VectorEnvironment<Logged<World>>(
          Logged<World>(world, true),
          {.count = 16, .action_map = file ? file->action_map : ActionMap::clip_and_rescale}),
      {.normalize_observations = !file || file->normalizer});
  if (file && file->normalizer) collector.set_normalizer(*file->normalizer);
  Batch<float> batch;
  const auto play = [&](const auto& policy) {
    for (Index steps = 0; steps < options.steps; steps += batch.size()) collector.collect(policy, context, batch);
  };
  if (file) {
    file->policy.visit([&]<class P>(const P& policy) {
      if constexpr (std::is_same_v<P, GaussianPolicy<float>>) play(policy);
      else throw std::invalid_argument("--policy: expected a Gaussian policy");
    });
  } else {
    play(GaussianPolicy<float>(world.spec(), {}, context.rng()));
  }
  const BarePhysics<World> bare(collector.environments(), 1);

  const std::vector<Lever> all = levers(options.option);
  std::vector<ModelCopy> models;
  models.emplace_back(mj_copyModel(nullptr, &world.model().get()), &mj_deleteModel);
  for (const Lever& lever : all) {
    models.emplace_back(mj_copyModel(nullptr, &world.model().get()), &mj_deleteModel);
    lever.pull(*models.back());
  }
  std::vector<double> best(models.size(), std::numeric_limits<double>::infinity());
  double spent = 0;
  for (int round = 0; options.seconds > 0 && (round < 3 || spent < options.seconds); ++round) {
    for (std::size_t i = 0; i < models.size(); ++i) {
      const double seconds = bare.run(*models[i], i == 0);
      spent += seconds;
      best[i] = std::min(best[i], seconds);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto found = bare.compare(*models[0], *models[i + 1], options.steps);
    std::printf("%-26s %-26s %6.2f  ", i == 0 ? name.c_str() : "", all[i].name,
                options.seconds > 0 ? best[0] / best[i + 1] : std::nan(""));
    if (found.different == 0) {
      std::printf("identical over %lld steps\n", static_cast<long long>(found.steps));
    } else {
      std::printf("%lld of %lld steps differ, first by %.1g, at most by %.1g\n",
                  static_cast<long long>(found.different), static_cast<long long>(found.steps), found.first,
                  found.largest);
    }
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Options options;
    for (int i = 1; i < argc; i += 2) {
      const std::string name = argv[i];
      if (i + 1 == argc) throw std::invalid_argument(name + ": expected a value");
      if (name == "--task") options.task = argv[i + 1];
      else if (name == "--option") options.option = argv[i + 1];
      else if (name == "--policy") options.policy = argv[i + 1];
      else if (name == "--seconds") options.seconds = std::atof(argv[i + 1]);
      else if (name == "--steps") options.steps = std::atoll(argv[i + 1]);
      else throw std::invalid_argument("expected --task, --option, --policy, --seconds or --steps, got " + name);
    }
    require(options.steps > 0, "--steps", "a number >= 1", options.steps);
    for_each_task(
        options.task,
        [] {
          std::printf("MuJoCo %s, one core\n%-26s %-26s %6s  %s\n", mujoco::version_text().c_str(), "task", "option",
                      "ratio", "positions");
        },
        [&](const auto& task) { measure(options, task); });
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "physics_levers_benchmark: %s\n", error.what());
    return 1;
  }
}
