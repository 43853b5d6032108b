// SPDX-License-Identifier: MIT
// How much of a policy gradient is signal? Independent streams of a half-trained agent are compared with each other:
// the mean cosine between two of them, and how many samples hold as much signal as noise. No MuJoCo.
#include <cstdio>
#include <string_view>

#include "vantage/diagnostics/diagnostics.hpp"
#include "vantage/vantage.hpp"

using namespace vantage;

int main(int argc, char** argv) {
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";
  Context context({.seed = 1, .threads = 2});
  Collector source(VectorEnvironment(Pendulum{}, {.count = 16, .action_map = ActionMap::clip_and_rescale}));
  Agent agent{GaussianPolicy<float>(source.spec(), {.hidden = {32, 32}}, context.rng()),
              ValueNetwork<float>(source.spec(), {.hidden = {32, 32}}, context.rng()), Gae{.gamma = 0.9},
              ValueRegression<float>({.steps = 20}), Ppo<GaussianPolicy<float>>()};
  TrainingProgress progress;
  train(source, agent, context, {.steps = 20'480}, progress);

  // each stream has worlds and random numbers of its own; agent and normaliser stay as they are
  const std::vector<Index> sizes{100, 1'000, is_short ? 5'000 : 50'000};
  const AdvantageView<float> view = [&](const Batch<float>& batch, Context& own, AdvantageEstimate<float>& estimate) {
    agent.advantage(batch, agent.value, own, estimate);
  };
  std::vector<Matrix<double>> gradients(sizes.size(), Matrix<double>(agent.policy.parameters().size(), 10));
  for (Index repeat = 0; repeat < 10; ++repeat) {
    auto stream = source.frozen(1, 1'000, static_cast<std::uint64_t>(repeat));
    const auto estimates = gradient_stream(stream, agent.policy, {view}, sizes, context).front();
    for (std::size_t i = 0; i < sizes.size(); ++i) gradients[i].col(repeat) = estimates[i].normalized();
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const Estimate cosine = pairwise_cosine(gradients[i]);
    std::printf("%6td samples: cosine %.3f [%.3f, %.3f], noise scale %.0f samples\n", sizes[i], cosine.value,
                cosine.interval.low, cosine.interval.high, noise_scale(gradients[i], sizes[i]).value());
  }
  return 0;
}
