// SPDX-License-Identifier: MIT
// A training loop of your own: what train() does, spelled out. Here K_V grows while training goes on.
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

int main(int argc, char** argv) {
  using namespace vantage;
  using Policy = GaussianPolicy<float>;
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";

  Context context({.seed = 1, .threads = 2});
  Collector<Pendulum> source(VectorEnvironment<Pendulum>(Pendulum(), {.action_map = ActionMap::clip_and_rescale}));
  Policy policy(3, 1, {}, context.rng());
  ValueNetwork<float> value(3, {}, context.rng());
  const Gae advantage{.gamma = 0.95};
  ValueRegression<float> value_update({.steps = 5, .adam = {.learning_rate = 1e-3}});
  Vpg<Policy> policy_update({.adam = {.learning_rate = 3e-3}, .normalize_advantages = true});

  Batch<float> batch;
  AdvantageEstimate<float> estimate;
  for (int iteration = 1; iteration <= (is_short ? 5 : 200); ++iteration) {
    source.collect(policy, context, batch);
    advantage(batch, value, context, estimate);
    ValueReport fit;
    for (int round = 0; round < std::min(iteration, 10); ++round) {
      fit = value_update(value, batch.observations, estimate.value_targets, context);
    }
    const PolicyReport step = policy_update(policy, batch, estimate, context);
    std::printf("%3d: reward a step %7.3f, value error %6.2f, KL %.1e\n", iteration,
                batch.episodes.reward_sum / static_cast<double>(batch.size()), fit.error_after, step.step.mean_kl);
  }
  return 0;
}
