// SPDX-License-Identifier: MIT
// PPO swings up Pendulum-v1: ten epochs of minibatches on each batch, ended early where the policy moved far. No
// MuJoCo.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

int main(int argc, char** argv) {
  using namespace vantage;
  using Policy = GaussianPolicy<float>;
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";

  Context context({.seed = 1, .threads = 2});
  Collector source(VectorEnvironment(Pendulum{}, {.count = 16, .action_map = ActionMap::clip_and_rescale}),
                   {.steps = 128, .scale_rewards = true});
  Agent agent{Policy(source.spec(), {}, context.rng()), ValueNetwork<float>(source.spec(), {}, context.rng()),
              Gae{.gamma = 0.9},
              ValueRegression<float>({.steps = 320, .optimizer = AdamOptions{.learning_rate = 1e-3}, .minibatch = 64}),
              Ppo<Policy>({.optimizer = AdamOptions{.learning_rate = 1e-3, .epsilon = 1e-5},
                           .trust_region = {.max_mean_kl = 0.03, .on_violation = OnViolation::stop}})};

  TrainingProgress progress;
  train(source, agent, context, {.steps = is_short ? 20'000 : 300'000}, progress, [](const IterationReport& report) {
    if (report.iteration % 10 != 0) return;
    std::printf("%7lld steps: mean return %7.1f, %2lld epochs, mean KL %.4f, %2.0f %% clipped\n",
                static_cast<long long>(report.progress.env_steps), report.progress.mean_return_last_100(),
                static_cast<long long>(report.policy.epochs), report.policy.step.mean_kl,
                100 * report.policy.step.clip_fraction);
  });
  return 0;
}
