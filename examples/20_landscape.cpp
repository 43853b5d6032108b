// SPDX-License-Identifier: MIT
// Does the return follow what an update climbs? Both along the step of one update of PPO, and beyond it: the surrogate
// on the batch that the step was made from, on a batch that it did not see, and the return itself. No MuJoCo.
#include <cstdio>

#include "vantage/diagnostics/diagnostics.hpp"
#include "vantage/vantage.hpp"

using namespace vantage;

int main(int argc, char**) {
  Context context({.seed = 1, .threads = 2});
  Collector source(VectorEnvironment(CartPole{}, {.count = 16}));
  Agent agent{CategoricalPolicy<float>(source.spec(), {.hidden = {32, 32}}, context.rng()),
              ValueNetwork<float>(source.spec(), {.hidden = {32, 32}}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 20}), Ppo<CategoricalPolicy<float>>()};
  TrainingProgress progress;
  train(source, agent, context, {.steps = 20'480}, progress);

  // two batches of the same policy, in worlds of their own, and the update of a copy from the first
  Batch<float> batch, unseen;
  AdvantageEstimate<float> estimate, unseen_estimate;
  source.frozen(16, 128, 1).collect(agent.policy, context, batch);
  source.frozen(16, 128, 2).collect(agent.policy, context, unseen);
  agent.advantage(batch, agent.value, context, estimate);
  agent.advantage(unseen, agent.value, context, unseen_estimate);
  auto updated = agent;
  updated.policy_update(updated.policy, batch, estimate, context);

  const LandscapePlane line = line_between(agent.policy.parameters(), updated.policy.parameters());
  for (int point = 0; point <= 6; ++point) {
    auto policy = agent.policy;
    policy.parameters() = line.at<float>(0.5 * point);
    const ReturnEstimate played = estimate_return(source, policy, context, {.episodes = argc > 1 ? 20 : 200}, point);
    std::printf("%.1f steps: return %6.1f +- %.1f, surrogate %7.4f, unseen %7.4f\n", 0.5 * point, played.mean,
                played.standard_error, surrogate_value(policy, batch, estimate.advantages, context).gain,
                surrogate_value(policy, unseen, unseen_estimate.advantages, context).gain);
  }
  return 0;
}
