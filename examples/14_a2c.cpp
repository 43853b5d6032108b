// SPDX-License-Identifier: MIT
// A2C: a step of both networks after every five steps of sixteen environments. First with a network each, then with the
// hidden layers shared and one loss.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

using namespace vantage;
using Policy = CategoricalPolicy<float>;
using Model = ActorCritic<Policy>;

void balance(const char* name, auto agent, std::int64_t steps) {
  Context context;
  Collector source(VectorEnvironment(CartPole{}, {.count = 16}), {.steps = 5});
  TrainingProgress progress;
  train(source, agent, context, {.steps = steps}, progress);
  std::printf("%s: mean return %.0f, %.0f steps/s\n", name, progress.mean_return_last_100(),
              static_cast<double>(progress.env_steps) / progress.wall_seconds);
}

int main(int argc, char** argv) {
  const std::int64_t steps = argc > 1 && std::string_view(argv[1]) == "--short" ? 20'000 : 500'000;
  const EnvironmentSpec spec = CartPole().spec();
  Rng rng(1);
  const RmsPropOptions optimizer{.learning_rate = 7e-4};

  balance("separate",
          Agent{Policy(spec, {}, rng), ValueNetwork<float>(spec, {}, rng), Gae{.lambda = 1.0},
                ValueRegression<float>({.steps = 1, .optimizer = optimizer, .max_gradient_norm = 0.5}),
                Vpg<Policy>({.optimizer = optimizer, .max_gradient_norm = 0.5})},
          steps);

  balance("shared",
          Agent{Model(spec, {}, rng), SharedValue{}, Gae{.lambda = 1.0}, ValueRegression<float>({.steps = 0}),
                JointUpdate<Model>({.optimizer = optimizer, .value_coefficient = 0.5})},
          steps);
  return 0;
}
