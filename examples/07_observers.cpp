// SPDX-License-Identifier: MIT
// What watches training: any callable. Here a CSV log, an evaluation every 10 iterations, the best policy, and an end.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

int main(int argc, char** argv) {
  using namespace vantage;
  using Policy = GaussianPolicy<float>;
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";

  Context context({.seed = 1, .threads = 2});
  Collector<PointMass> source(VectorEnvironment<PointMass>(PointMass(), {.action_map = ActionMap::none}));
  Agent agent{Policy(2, 1, {}, context.rng()), ValueNetwork<float>(2, {}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 10}), Vpg<Policy>({.adam = {.learning_rate = 3e-3}})};

  CsvLog log("progress.csv");
  BestPolicy<Policy> best;
  Every evaluate_now(10, [&](const IterationReport& report, const auto& current) {
    const Evaluation played = evaluate(PointMass(), current.policy, &source.normalizer(), context,
                                       {.episodes = 20, .deterministic = true, .action_map = ActionMap::none});
    std::printf("iteration %lld: %.3f\n", static_cast<long long>(report.iteration), mean(played.returns));
  });
  StopWhen good_enough([](const IterationReport& report) { return report.progress.mean_return_last_100() > -5; });

  TrainingProgress progress;
  const StopReason reason = train(source, agent, context, {.steps = is_short ? 20'480 : 1'000'000}, progress, log, best,
                                  evaluate_now, good_enough);
  std::printf("%s\n", reason == StopReason::observer ? "good enough" : "out of steps");
  return 0;
}
