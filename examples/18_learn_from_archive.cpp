// SPDX-License-Identifier: MIT
// What policies once returned is enough to make a better one: V(theta) is fitted to a file of them, and a new policy
// climbs it without playing a step. No MuJoCo.
#include <cstdio>
#include <string_view>

#include "vantage/vantage.hpp"

int main(int argc, char** argv) {
  using namespace vantage;
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";

  // policies around all parameters at zero, an episode each; vantage-train --save-archive writes such a file too
  Context context({.seed = 1, .threads = 2});
  PopulationEvaluator source(CartPole{}, {.action_map = ActionMap::none});
  DeterministicPolicy<float> policy(source.spec(), {.hidden = {}}, context.rng());
  policy.parameters().setZero();
  const Index parameters = policy.parameters().size(), count = is_short ? 500 : 5000;
  PolicyArchive<float> played(parameters, {.population = count});
  const Perturbation<float> noise({.scaling = NoiseScaling::additive, .scale = 0.1});
  EpisodeStatistics episodes;
  played.add_population([&](auto&& policies) {
    noise(policy.parameters(), {}, context, policies);
    source(policy, policies, context, episodes);
    return Vector<double>(Vector<double>::Map(episodes.returns.data(), count));
  });
  played.save("policies.safetensors");
  PolicyArchive<float> archive(parameters, {.population = count});
  archive.load("policies.safetensors");
  PolicyConditionedValue<float> value(parameters, {}, {.input_scale = 10}, context.rng());
  value.standardize(archive.returns().cast<double>());
  ValueRegression<float> fit({.steps = 1000, .optimizer = AdamOptions{.learning_rate = 1e-3}, .minibatch = 128});
  fit(value, archive.policies(), archive.returns(), context);
  PolicyAscent<float> ascend({.steps = 100, .optimizer = AdamOptions{.learning_rate = 2e-3}});
  const double hoped = ascend(policy, value, WeightClip{}, context).ascent.predicted_return;
  const Evaluation result = evaluate(source, policy, context, {.episodes = 20, .deterministic = true});
  std::printf("what was played: %.1f on average, %.1f at best\n", mean(episodes.returns), archive.returns().maxCoeff());
  std::printf("what climbed V:  %.1f by V, %.1f played\n", hoped, mean(result.returns));
  return 0;
}
