// SPDX-License-Identifier: MIT
// How far is a sampled policy gradient from the true one? On a linear-quadratic problem the true one is known.
#include <cstdio>
#include <string_view>

#include "vantage/tabular/tabular.hpp"
#include "vantage/vantage.hpp"

using namespace vantage;

int main(int argc, char** argv) {
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";
  const LinearQuadratic problem = linear_quadratic({.dimensions = 1, .process_noise = 0.1}, 0.95);
  const LinearGaussian policy{Matrix<double>{{-0.4, -0.3}}, Vector<double>{{-0.5}}};
  const Vector<double> exact = flat(policy_gradient(problem, policy));
  const QuadraticValue value = evaluate_policy(problem, policy).value;

  // the same policy and problem for the library's own collector and estimator
  const GaussianPolicy<double> actor = gaussian_policy<double>(policy);
  const LinearQuadraticEnvironment world(problem, 300);
  const RewardToGo advantage{.gamma = problem.gamma, .baseline = Baseline::value, .discount_weights = true};
  Context context;
  for (Index episodes = 1; episodes <= (is_short ? 16 : 4096); episodes *= 4) {
    Collector source(VectorEnvironment(world, {.count = episodes, .action_map = ActionMap::none}),
                     {.steps = 300, .normalize_observations = false});
    Batch<double> batch;
    AdvantageEstimate<double> estimate;
    Vector<double> gradient;
    source.collect(actor, context, batch);
    advantage(batch, value, context, estimate);
    const auto weight = [&](Index first, const auto& log_probs, auto&& weights) {
      weights = estimate.advantages.segment(first, log_probs.size()) / static_cast<double>(episodes);
    };
    actor.score_gradient(batch.observations, batch.actions, weight, context, gradient);
    const Vector<double> sampled = flat(linear_gaussian(gradient, 2, 1));
    std::printf("%5td episodes: cosine %7.4f, relative error %.4f\n", episodes,
                exact.dot(sampled) / (exact.norm() * sampled.norm()), (sampled - exact).norm() / exact.norm());
  }
  return 0;
}
