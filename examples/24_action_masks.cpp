// SPDX-License-Identifier: MIT
// Choices that are not always there: Nim. Who takes the last of 21 stones wins, one to three a turn; the opponent takes
// any number. An observation shows how many are left, one of 21 numbers, and then which of the three may be taken.
#include <cstdio>

#include "vantage/vantage.hpp"

using namespace vantage;
struct Nim {
  static constexpr Index kStones = 21;
  EnvironmentSpec about{"Nim", kStones + 3, {}, {}, 21, {}, 3, 0, {}, kStones};  // three choices, their mask's row
  const EnvironmentSpec& spec() const { return about; }
  void reset(Rng& rng, VectorRef<double> observation) {
    opponent = Rng(rng());
    show(kStones, observation);
  }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const Index rest = left - 1 - static_cast<Index>(action[0]);
    show(rest > 0 ? rest - 1 - static_cast<Index>(opponent.below(rest == 1 ? 1 : rest == 2 ? 2 : 3)) : 0, observation);
    return {.reward = rest == 0 ? 1.0 : left == 0 ? -1.0 : 0.0, .terminated = left == 0};
  }
  void show(Index stones, VectorRef<double> observation) {
    left = stones;
    for (Index i = 0; i < kStones; ++i) observation[i] = i + 1 == left ? 1 : 0;
    for (Index k = 0; k < 3; ++k) observation[kStones + k] = k < left ? 1 : 0;
  }
  Index left = kStones;
  Rng opponent{};
};
int main() {
  Context context;
  Collector source{VectorEnvironment{Nim{}}};
  using Policy = CategoricalPolicy<float>;  // reads the mask, whose row it has from the spec
  Agent agent{Policy(source.spec(), {}, context.rng()), ValueNetwork<float>(source.spec(), {}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 20}), Ppo<Policy>()};
  TrainingProgress progress;
  train(source, agent, context, {.steps = 100'000}, progress);
  std::printf("mean return of the last games %.2f\n", progress.mean_return_last_100());
  return 0;
}
