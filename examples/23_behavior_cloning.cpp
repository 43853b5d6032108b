// SPDX-License-Identifier: MIT
// A warm start from what somebody showed: a controller written by hand swings the mountain car up, a policy is cloned
// from its steps, and training goes on from there. A file of steps is read by load_demonstrations.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

using namespace vantage;

int main(int argc, char** argv) {
  const bool brief = argc > 1 && std::string_view(argv[1]) == "--short";
  MountainCarContinuous world;
  Demonstrations shown{Matrix<double>(2, 4000), Matrix<double>(1, 4000)};
  Rng rng(1);
  Vector<double> observation(2);
  bool ended = true;
  for (Index n = 0; n < shown.size(); ++n) {
    if (ended) world.reset(rng, observation);
    shown.observations.col(n) = observation;
    shown.actions(0, n) = observation[1] < 0 ? -1 : 1;  // along with the car
    ended = world.step(shown.actions.col(n), observation).terminated;
  }

  Context context;
  Collector source(VectorEnvironment(world, {.count = 8}), {.steps = 256});
  source.set_normalizer(normalizer_of(shown));
  GaussianPolicy<float> policy(source.spec(), {}, context.rng());
  const auto report = clone_behavior(policy, policy_inputs<float>(shown, &source.normalizer()),
                                     raw_actions<float>(shown, source.action_map(), source.spec()), context);
  std::printf("cloned in %d steps, mean return %.1f\n", static_cast<int>(report.steps),
              score(evaluate(source, policy, context)).mean_return);
  Agent agent{policy, ValueNetwork<float>(source.spec(), {}, context.rng()), Gae{}, ValueRegression<float>(),
              Ppo<GaussianPolicy<float>>()};
  TrainingProgress progress;
  train(source, agent, context, {.steps = brief ? 4'096 : 100'000}, progress);
  std::printf("trained on, mean return %.1f\n", score(evaluate(source, agent.policy, context)).mean_return);
  return 0;
}
