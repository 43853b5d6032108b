// SPDX-License-Identifier: MIT
// PPO with a KL penalty on CartPole: the penalty finds the weight that keeps updates at their target. No MuJoCo.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

int main(int argc, char** argv) {
  using namespace vantage;
  using Policy = CategoricalPolicy<float>;
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";

  Context context({.seed = 1, .threads = 2});
  Collector source(VectorEnvironment(CartPole{}, {.count = 16}), {.steps = 64});
  Agent agent{Policy(source.spec(), {}, context.rng()), ValueNetwork<float>(source.spec(), {}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 160, .optimizer = AdamOptions{.learning_rate = 1e-3}, .minibatch = 64}),
              PpoPenalty<Policy>({.optimizer = AdamOptions{.learning_rate = 1e-3}, .target_kl = 0.01})};

  TrainingProgress progress;
  train(source, agent, context, {.steps = is_short ? 10'000 : 150'000}, progress, [](const IterationReport& report) {
    if (report.iteration % 10 != 0) return;
    std::printf("%7lld steps: mean return %5.1f, mean KL %.4f, beta %g\n",
                static_cast<long long>(report.progress.env_steps), report.progress.mean_return_last_100(),
                report.policy.step.mean_kl, report.policy.kl_penalty);
  });
  return 0;
}
