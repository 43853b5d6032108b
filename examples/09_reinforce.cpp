// SPDX-License-Identifier: MIT
// REINFORCE on CartPole: four baselines side by side, each the mean of five seeds. Needs no MuJoCo.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

using namespace vantage;
using Policy = CategoricalPolicy<float>;

// mean return of the last hundred episodes
double trained(Baseline baseline, auto value, auto value_update, std::uint64_t seed, std::int64_t steps) {
  Context context({.seed = seed});
  Collector source(VectorEnvironment(CartPole{}, {.count = 8, .seed = seed}), {.steps = 200});
  Agent agent{Policy(4, 2, {}, context.rng()), value, RewardToGo{.gamma = 0.95, .baseline = baseline}, value_update,
              Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 1e-2}})};
  TrainingProgress progress;
  train(source, agent, context, {.steps = steps}, progress);
  return progress.mean_return_last_100();
}

int main(int argc, char** argv) {
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";
  const std::int64_t steps = is_short ? 8'000 : 80'000;
  const std::uint64_t seeds = is_short ? 1 : 5;
  const ValueRegression<float> regression({.steps = 10, .optimizer = AdamOptions{.learning_rate = 3e-3}});
  double sums[4] = {};
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Rng rng(seed);
    sums[0] += trained(Baseline::none, NoValue<float>{}, NoValueUpdate{}, seed, steps);
    sums[1] += trained(Baseline::average, NoValue<float>{}, NoValueUpdate{}, seed, steps);
    sums[2] += trained(Baseline::leave_one_out, NoValue<float>{}, NoValueUpdate{}, seed, steps);
    sums[3] += trained(Baseline::value, ValueNetwork<float>(4, {}, rng), regression, seed, steps);
  }
  constexpr const char* kNames[] = {"none", "average", "leave one out", "value"};
  for (int i = 0; i < 4; ++i) std::printf("%-14s %6.1f\n", kNames[i], sums[i] / static_cast<double>(seeds));
}
