// SPDX-License-Identifier: MIT
// A critic that sees more than the policy: a cart in a wind that blows differently each episode. The policy sees where
// the cart is and how fast it goes; the value function also sees the wind.
#include <array>
#include <cstdio>
#include <span>
#include <string_view>

#include "vantage/vantage.hpp"

using namespace vantage;
struct WindyCart {
  EnvironmentSpec about{"WindyCart", 2, Vector<double>::Constant(1, -1), Vector<double>::Ones(1), 100, {}, 0, 3};
  std::array<double, 3> now{};  // position, speed, wind
  const EnvironmentSpec& spec() const { return about; }
  std::span<const double> critic_observation() const { return now; }
  void reset(Rng& rng, VectorRef<double> observation) {
    now = {rng.uniform(-1, 1), 0, rng.uniform(-0.8, 0.8)};
    observation << now[0], now[1];
  }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    now[1] += 0.1 * (2 * action[0] + now[2] - 0.5 * now[1]);
    now[0] += 0.1 * now[1];
    observation << now[0], now[1];
    return {.reward = -now[0] * now[0]};
  }
};

int main(int argc, char** argv) {
  const bool brief = argc > 1 && std::string_view(argv[1]) == "--short";
  Context context;
  Collector source{VectorEnvironment{WindyCart{}}};
  using Policy = GaussianPolicy<float>;  // the value network takes its three inputs from the spec
  Agent agent{Policy(source.spec(), {}, context.rng()), ValueNetwork<float>(source.spec(), {}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 50}), Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 3e-3}})};
  TrainingProgress progress;
  train(source, agent, context, {.steps = brief ? 8'192 : 300'000}, progress);
  std::printf("mean return of the last episodes %.1f\n", progress.mean_return_last_100());
  return 0;
}
