// SPDX-License-Identifier: MIT
// Wrappers: a world around a world, as a value. The pendulum, with each torque held for four steps, smaller rewards and
// a coarser sight.
#include <cmath>
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

using namespace vantage;

int main(int argc, char** argv) {
  const bool brief = argc > 1 && std::string_view(argv[1]) == "--short";
  using Policy = GaussianPolicy<float>;

  // from the inside to the outside: the order is that of the calls
  const double scale = 0.1;
  const auto reward = [scale](double r) { return scale * r; };
  const auto sight = [](const Vector<double>& from, VectorRef<double> to) {
    to << from[0], from[1], std::round(from[2]);
  };
  const TimeLimit world{TransformObservation{ActionRepeat{TransformReward{Pendulum{}, reward}, 4}, sight}, 60};
  check_environment(world);
  std::printf("%s: %d steps an episode in place of %d\n", world.spec().name.c_str(),
              static_cast<int>(world.spec().max_episode_steps), static_cast<int>(Pendulum{}.spec().max_episode_steps));

  Context context;
  Collector source(VectorEnvironment(world, {.action_map = ActionMap::clip_and_rescale}));
  Agent agent{Policy(world.spec(), {}, context.rng()), ValueNetwork<float>(world.spec(), {}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 20}), Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 3e-3}})};
  TrainingProgress progress;
  ConsoleProgress console;
  train(source, agent, context, {.steps = brief ? 8'192 : 400'000}, progress, console);
  console.finish();
  return 0;
}
