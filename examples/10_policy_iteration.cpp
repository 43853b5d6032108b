// SPDX-License-Identifier: MIT
// One finite decision process solved four ways: value, policy and conservative policy iteration, and gradient ascent.
#include <cstdio>
#include <string_view>

#include "vantage/tabular/tabular.hpp"

using namespace vantage;
int main(int argc, char** argv) {
  const bool is_short = argc > 1 && std::string_view(argv[1]) == "--short";
  Rng rng(1);
  const FiniteMdp mdp = random_mdp({.states = 10, .actions = 4, .branching = 3, .gamma = 0.9}, rng);
  const Matrix<double> uniform = Matrix<double>::Constant(mdp.states(), mdp.actions(), 1.0 / 4);
  std::printf("uniform policy: J = %.6f\n", evaluate_policy(mdp, uniform).objective);

  const ValueIterationReport values = value_iteration(mdp);
  std::printf("value iteration: J = %.6f after %td sweeps\n", mdp.start().dot(values.values), values.sweeps);

  const PolicyIterationReport policies = policy_iteration(mdp, uniform);
  std::printf("policy iteration: J = %.6f after %td improvements\n", policies.evaluation.objective,
              policies.improvements);

  // conservative: no step may lose, so all of them are small
  const auto conservative = conservative_policy_iteration(mdp, uniform, {.max_steps = is_short ? 100 : 10000});
  const ConservativeStep& first = conservative.steps.front();
  std::printf("conservative: J = %.6f after %zu steps; the first of weight %.4f gained %.5f of at least %.5f\n",
              conservative.evaluation.objective, conservative.steps.size(), first.alpha, first.improvement,
              first.bound);

  // the same gradient, plain and natural
  Matrix<double> plain = Matrix<double>::Zero(mdp.states(), mdp.actions());
  Matrix<double> natural = plain;
  for (int step = 1; step <= (is_short ? 10 : 1000); ++step) {
    plain += softmax_gradient(mdp, softmax_policy(plain));
    natural += natural_softmax_gradient(mdp, softmax_policy(natural));
  }
  std::printf("gradient: J = %.6f, natural gradient: J = %.6f\n", evaluate_policy(mdp, softmax_policy(plain)).objective,
              evaluate_policy(mdp, softmax_policy(natural)).objective);
  return 0;
}
