// SPDX-License-Identifier: MIT
// Plain VPG with 10 value steps drives a point mass to the origin. Needs no MuJoCo.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

int main(int argc, char** argv) {
  using namespace vantage;
  using Policy = GaussianPolicy<float>;
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";

  const PointMass world;
  Context context({.seed = 1, .threads = 2});
  Collector<PointMass> source(VectorEnvironment<PointMass>(world, {.count = 16, .action_map = ActionMap::none}));
  Agent agent{Policy(source.spec(), {}, context.rng()), ValueNetwork<float>(source.spec(), {}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 10, .optimizer = AdamOptions{.learning_rate = 1e-3}}),
              Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 3e-3}})};

  TrainingProgress progress;
  train(source, agent, context, {.steps = is_short ? 20'000 : 300'000}, progress, [](const IterationReport& report) {
    if (report.iteration % 10 == 0) {
      std::printf("%7lld steps: mean return %8.2f\n", static_cast<long long>(report.progress.env_steps),
                  report.progress.mean_return_last_100());
    }
  });
  return 0;
}
