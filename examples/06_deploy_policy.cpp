// SPDX-License-Identifier: MIT
// Saves a policy with all that acting needs, loads it alone, and acts: what a robot's control loop does.
#include <cstdio>

#include "vantage/vantage.hpp"

using namespace vantage;

int main() {
  PointMass world;
  Context context;
  const GaussianPolicy<float> policy(world.spec(), {}, context.rng());
  save_policy("policy.safetensors", policy, nullptr, ActionMap::none, world.spec());

  // observations and actions are double, in the task's own units; act() allocates nothing
  auto deployed = DeployedPolicy<float>::load("policy.safetensors");
  Vector<double> observation(world.spec().observation_size), action(world.spec().action_size());
  world.reset(context.rng(), observation);
  double sum = 0;
  for (int step = 0; step < 100; ++step) {
    deployed.act(observation, action);
    sum += world.step(action, observation).reward;
  }
  std::printf("return of 100 steps: %.2f\n", sum);
  return 0;
}
