// SPDX-License-Identifier: MIT
// Plain VPG with K_V = 50 value steps an iteration teaches HalfCheetah-v5 to run.
#include <string_view>

#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/vantage.hpp"

int main(int argc, char** argv) {
  using namespace vantage;
  using World = mujoco::HalfCheetahEnvironment;
  using Policy = GaussianPolicy<float>;
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";

  const World world;
  Context context({.seed = 1, .threads = 2});
  Collector<World> source(VectorEnvironment<World>(world, {.count = 16, .action_map = ActionMap::clip_and_rescale}));
  Agent agent{Policy(world.spec(), {}, context.rng()), ValueNetwork<float>(world.spec(), {}, context.rng()),
              Gae{.gamma = 0.99, .lambda = 0.95},
              ValueRegression<float>({.steps = 50, .optimizer = AdamOptions{.learning_rate = 7e-4}}),
              Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 7e-4}})};

  TrainingProgress progress;
  ConsoleProgress console;
  train(source, agent, context, {.steps = is_short ? 8'192 : 2'000'000}, progress, console);
  console.finish();
  save_policy("half_cheetah.safetensors", agent.policy, source);
  return 0;
}
