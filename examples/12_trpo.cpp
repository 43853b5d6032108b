// SPDX-License-Identifier: MIT
// TRPO balances CartPole's pole: a natural gradient step to a KL radius, kept only if the surrogate grew inside it.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

int main(int argc, char** argv) {
  using namespace vantage;
  using Policy = CategoricalPolicy<float>;
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";

  Context context({.seed = 1, .threads = 2});
  Collector source(VectorEnvironment(CartPole{}, {.count = 8}), {.steps = 256});
  Agent agent{Policy(source.spec(), {}, context.rng()), ValueNetwork<float>(source.spec(), {}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 20, .optimizer = AdamOptions{.learning_rate = 1e-3}}),
              NaturalGradient<Policy>({.max_kl = 0.01, .advantage_normalization = AdvantageNormalization::batch})};

  TrainingProgress progress;
  train(source, agent, context, {.steps = is_short ? 20'480 : 204'800}, progress, [](const IterationReport& report) {
    if (report.iteration % 5 != 0) return;
    const NaturalStepReport& natural = report.policy.natural;
    std::printf("%7lld steps: return %5.1f, KL %.4f, %td backtracks, surrogate +%.4f of +%.4f expected%s\n",
                static_cast<long long>(report.progress.env_steps), report.progress.mean_return_last_100(),
                report.policy.step.mean_kl, natural.backtracks, natural.improvement, natural.expected_improvement,
                natural.accepted ? "" : ", refused");
  });
  return 0;
}
