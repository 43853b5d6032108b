// SPDX-License-Identifier: MIT
// Trains a little and prints the last bits of what came of it.
#include <cstdio>
#include <vantage/vantage.hpp>

using namespace vantage;

void train_a_little(const char* name, auto world, auto policy_update, auto policy_of) {
  Context context({.seed = 1, .threads = 2});
  Collector source(VectorEnvironment(world, {.count = 8}), {.steps = 64, .scale_rewards = true});
  Agent agent{policy_of(source.spec(), context.rng()), ValueNetwork<float>(source.spec(), {}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 20}), policy_update};
  TrainingProgress progress;
  train(source, agent, context, {.steps = 2'048}, progress);
  std::printf("%s: policy %a, value %a\n", name, static_cast<double>(agent.policy.parameters().norm()),
              static_cast<double>(agent.value.parameters().norm()));
}

int main() {
  using Gaussian = GaussianPolicy<float>;
  using Categorical = CategoricalPolicy<float>;
  const auto gaussian = [](const EnvironmentSpec& spec, Rng& rng) { return Gaussian(spec, {}, rng); };
  const auto categorical = [](const EnvironmentSpec& spec, Rng& rng) { return Categorical(spec, {}, rng); };
  train_a_little("ppo", Pendulum{}, Ppo<Gaussian>(), gaussian);
  train_a_little("vpg", PointMass{}, Vpg<Gaussian>(), gaussian);
  train_a_little("trpo", CartPole{}, NaturalGradient<Categorical>(), categorical);
  return 0;
}
