// SPDX-License-Identifier: MIT
// REINFORCE on CartPole, no MuJoCo: four baselines, the mean of the last hundred returns and its error over 20 seeds.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

using namespace vantage;
using Policy = CategoricalPolicy<float>;
double trained(Baseline baseline, auto value, auto value_update, std::uint64_t seed, std::int64_t steps) {
  Context context({.seed = seed});
  Collector source(VectorEnvironment(CartPole{}, {.count = 8, .seed = seed}), {.steps = 200});
  Agent agent{Policy(source.spec(), {}, context.rng()), value, RewardToGo{.gamma = 0.95, .baseline = baseline},
              value_update, Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 1e-2}})};
  TrainingProgress progress;
  train(source, agent, context, {.steps = steps}, progress);
  return progress.mean_return_last_100();
}

int main(int argc, char** argv) {
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";
  const std::int64_t steps = is_short ? 4'000 : 80'000;
  const double seeds = is_short ? 2 : 20;
  const ValueRegression<float> fit({.steps = 10, .optimizer = AdamOptions{.learning_rate = 3e-3}});
  double sums[4] = {}, squares[4] = {};
  for (std::uint64_t seed = 1; static_cast<double>(seed) <= seeds; ++seed) {
    Rng rng(seed);
    const double last[] = {trained(Baseline::none, NoValue<float>{}, NoValueUpdate{}, seed, steps),
                           trained(Baseline::average, NoValue<float>{}, NoValueUpdate{}, seed, steps),
                           trained(Baseline::leave_one_out, NoValue<float>{}, NoValueUpdate{}, seed, steps),
                           trained(Baseline::value, ValueNetwork<float>(CartPole().spec(), {}, rng), fit, seed, steps)};
    for (int i = 0; i < 4; ++i) sums[i] += last[i], squares[i] += last[i] * last[i];
  }
  constexpr const char* kNames[] = {"none", "average", "leave one out", "value"};
  for (int i = 0; i < 4; ++i) {
    const double error = std::sqrt((squares[i] - sums[i] * sums[i] / seeds) / (seeds * (seeds - 1)));
    std::printf("%-14s %6.1f +- %4.1f\n", kNames[i], sums[i] / seeds, error);
  }
  return 0;
}
