// SPDX-License-Identifier: MIT
// The training loop spelled out: collect, advantages, value steps, policy update. There is no hidden state.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

using namespace vantage;

int main(int argc, char** argv) {
  const int iterations = argc > 1 && std::string_view(argv[1]) == "--short" ? 10 : 200;
  Context context;
  Collector source(VectorEnvironment(PointMass{}, {.action_map = ActionMap::none}));
  GaussianPolicy<float> policy(source.spec(), {}, context.rng());
  ValueNetwork<float> value(source.spec(), {}, context.rng());
  const Gae gae;
  ValueRegression<float> value_update({.steps = 50});
  Vpg<GaussianPolicy<float>> policy_update({.optimizer = AdamOptions{.learning_rate = 3e-3}});

  Batch<float> batch;
  AdvantageEstimate<float> estimate;
  for (int i = 1; i <= iterations; ++i) {
    context.set_progress((i - 1.0) / iterations);  // what schedules, of a learning rate say, are functions of
    source.collect(policy, context, batch);
    gae(batch, value, context, estimate);
    const auto values = value_update(value, batch.observations, estimate.value_targets, context);
    const auto step = policy_update(policy, batch, estimate, context);
    if (i % 10 == 0) {
      std::printf("%d: return %.1f, value error %.2f, KL %.2g\n", i, mean(batch.episodes.returns), values.error_after,
                  step.step.mean_kl);
    }
  }
  return 0;
}
