// SPDX-License-Identifier: MIT
// Observers watch training: a table, every tenth iteration, the best policy, and a reason to stop early.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

using namespace vantage;

int main(int argc, char** argv) {
  const bool brief = argc > 1 && std::string_view(argv[1]) == "--short";
  using Policy = GaussianPolicy<float>;
  const PointMass world;
  Context context;
  Collector source(VectorEnvironment(world, {.action_map = ActionMap::none}));
  Agent agent{Policy(source.spec(), {}, context.rng()), ValueNetwork<float>(source.spec(), {}, context.rng()), Gae{},
              ValueRegression<float>{}, Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 3e-3}})};

  TrainingProgress progress;
  BestPolicy<Policy> best;
  train(source, agent, context, {.steps = brief ? 30'000 : 400'000}, progress,
        CsvLog("progress.csv", world.spec().reward_terms),
        Every(10, [](const IterationReport& r) { std::printf("%s\n", progress_line(r).c_str()); }), best,
        StopWhen([](const IterationReport& r) { return r.progress.mean_return_last_100() > -20; }));
  std::printf("best mean return: %.1f\n", best.mean_return());
  return 0;
}
