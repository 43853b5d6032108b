// SPDX-License-Identifier: MIT
// A policy file loads alone: normaliser and action map are inside, and act() allocates nothing.
#include <cstdio>

#include "vantage/vantage.hpp"

int main() {
  using namespace vantage;
  Context context({.seed = 1});
  Collector<Pendulum> source(VectorEnvironment<Pendulum>(Pendulum(), {.action_map = ActionMap::clip_and_rescale}));
  const GaussianPolicy<float> policy(3, 1, {}, context.rng());
  Batch<float> batch;
  source.collect(policy, context, batch);  // the normaliser sees some observations
  save_policy("pendulum.safetensors", policy, &source.normalizer(), ActionMap::clip_and_rescale, source.spec());

  // in the robot's program: load once, act for ever, in the task's own units
  auto deployed = DeployedPolicy<float>::load("pendulum.safetensors");
  Pendulum pendulum;
  Rng rng(7);
  Vector<double> observation(3);
  Vector<double> torque(1);
  pendulum.reset(rng, observation);
  for (int step = 0; step < 5; ++step) {
    deployed.act(observation, torque);
    const StepResult result = pendulum.step(torque, observation);
    std::printf("torque %8.5f N m, reward %8.4f\n", torque[0], result.reward);
  }
  return 0;
}
