// SPDX-License-Identifier: MIT
// EPVF balances CartPole-v1: plays 16 perturbed policies, learns V(theta) from their returns, climbs it. No MuJoCo.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

int main(int argc, char** argv) {
  using namespace vantage;
  using Policy = DeterministicPolicy<float>;
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";

  Context context({.seed = 1, .threads = 2});
  PopulationEvaluator source(CartPole{}, {.action_map = ActionMap::none});
  const Policy policy(source.spec(), {.hidden = {}}, context.rng());
  const Index parameters = policy.parameters().size();
  // V sees parameters in units of the clip's bound
  EpvfAgent agent{policy,
                  PolicyConditionedValue<float>(parameters, {}, {.input_scale = 10}, context.rng()),
                  PolicyArchive<float>(parameters, {.population = 16}),
                  Perturbation<float>({.scale = 0.3, .floor = 0.1}),
                  WeightClip{.bound = 0.1},
                  ValueRegression<float>({.steps = 50, .optimizer = AdamOptions{.learning_rate = 1e-3}}),
                  PolicyAscent<float>({.steps = 10, .optimizer = AdamOptions{.learning_rate = 1e-2}})};

  // training plays the perturbed policies alone; this plays the policy itself
  PeriodicEvaluation<CartPole, Policy> evaluation(5, source, context, {.deterministic = true});
  TrainingProgress progress;
  train_epvf(source, agent, context, {.steps = is_short ? 2'000 : 200'000}, progress, evaluation,
             [&](const IterationReport& report) {
               if (report.iteration % 5 != 0) return;
               std::printf("%5lld episodes: played %5.1f, V of the policy %5.1f, its return %5.1f\n",
                           static_cast<long long>(report.progress.episodes), report.mean_return,
                           report.policy.ascent.predicted_return, evaluation.last_return());
             });
  return 0;
}
