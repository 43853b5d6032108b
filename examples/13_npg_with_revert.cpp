// SPDX-License-Identifier: MIT
// A method of one's own from existing pieces: natural policy gradient with 50 value steps, and no line search but a
// check of every step. One that went further than planned in any state is taken back, and the next batch tries again.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

int main(int argc, char** argv) {
  using namespace vantage;
  using Policy = GaussianPolicy<float>;
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";

  Context context({.seed = 1, .threads = 2});
  Collector source(VectorEnvironment(Pendulum{}, {.count = 16}), {.steps = 200, .scale_rewards = true});
  NaturalGradientOptions npg{.max_kl = 0.02, .advantage_normalization = AdvantageNormalization::batch, .backtracks = 0};
  npg.trust_region = {.max_mean_kl = 0.03, .max_state_kl = 0.5, .on_violation = OnViolation::revert};
  Agent agent{Policy(source.spec(), {}, context.rng()), ValueNetwork<float>(source.spec(), {}, context.rng()),
              Gae{.gamma = 0.95},
              ValueRegression<float>({.steps = 50, .optimizer = AdamOptions{.learning_rate = 1e-3}}),
              NaturalGradient<Policy>(npg)};

  TrainingProgress progress;
  int reverted = 0;
  train(source, agent, context, {.steps = is_short ? 32'000 : 640'000}, progress, [&](const IterationReport& report) {
    if (report.policy.reverted) ++reverted;
    if (report.iteration % 10 == 0) {
      std::printf("%7lld steps: return %7.1f, KL %.4f (at most %.3f in a state), %d steps taken back\n",
                  static_cast<long long>(report.progress.env_steps), report.progress.mean_return_last_100(),
                  report.policy.step.mean_kl, report.policy.step.max_kl, reverted);
    }
  });
  return 0;
}
