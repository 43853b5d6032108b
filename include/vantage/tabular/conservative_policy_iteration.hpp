// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_CONSERVATIVE_POLICY_ITERATION_HPP
#define VANTAGE_TABULAR_CONSERVATIVE_POLICY_ITERATION_HPP

#include <algorithm>
#include <cmath>
#include <vector>

#include "vantage/tabular/dynamic_programming.hpp"

namespace vantage {

/// pi_new = (1 - alpha) pi + alpha pi', a mixture of actions in every state.
[[nodiscard]] inline Matrix<double> mixture(const Matrix<double>& policy, const Matrix<double>& other, double alpha) {
  return (1 - alpha) * policy + alpha * other;
}

/// A policy to move towards, and what is known of the way there. The mean advantage eps is the target's own, not the
/// mixture's.
struct ConservativeTarget {
  Matrix<double> policy;         ///< pi', greedy to A_pi
  double policy_advantage = 0;   ///< AA = E_{s ~ d_pi, a ~ pi'}[A_pi(s, a)]
  double largest_advantage = 0;  ///< eps = max_s |E_{a ~ pi'}[A_pi(s, a)]|
};

/// The greedy policy of an evaluated one as a target. Since A is the exact one it maximises AA.
[[nodiscard]] inline ConservativeTarget conservative_target(const PolicyEvaluation& evaluation) {
  Matrix<double> greedy = greedy_policy(evaluation.advantages);
  const Vector<double> advantages = average(greedy, evaluation.advantages);
  return {std::move(greedy), evaluation.visitation.dot(advantages), advantages.cwiseAbs().maxCoeff()};
}

/// The least that a mixture of weight alpha gains, as it was first proved:
///
///     J(new) - J(pi) >= alpha / (1 - gamma) [ AA - 2 alpha gamma eps / (1 - gamma (1 - alpha)) ]
///
/// Source: Kakade and Langford 2002, theorem 4.1.
[[nodiscard]] inline double conservative_bound(const ConservativeTarget& target, double gamma, double alpha) {
  return alpha / (1 - gamma) *
         (target.policy_advantage - 2 * alpha * gamma * target.largest_advantage / (1 - gamma * (1 - alpha)));
}

/// The weaker, quadratic bound alpha AA / (1 - gamma) - 2 gamma eps alpha^2 / (1 - gamma)^2, which has its largest
/// value AA^2 / (8 gamma eps) at conservative_weight, where that is below 1.
[[nodiscard]] inline double quadratic_conservative_bound(const ConservativeTarget& target, double gamma, double alpha) {
  return alpha * target.policy_advantage / (1 - gamma) -
         2 * gamma * target.largest_advantage * alpha * alpha / std::pow(1 - gamma, 2);
}

/// How far to go towards the greedy policy.
enum class ConservativeRule {
  largest_advantage,  ///< min(1, (1 - gamma) AA / (4 gamma eps)), the best of the quadratic bound
  reward_range        ///< min(1, (1 - gamma)^2 AA / (4 R)) with R = max r - min r: knows less, dares less
};

/// The weight of the target in the next policy. Source: Kakade and Langford 2002, corollary 4.2; values there are
/// normalised by 1 - gamma, here they are not.
[[nodiscard]] inline double conservative_weight(const FiniteMdp& mdp, const ConservativeTarget& target,
                                                ConservativeRule rule) {
  const double gamma = mdp.gamma();
  const double range = mdp.rewards().maxCoeff() - mdp.rewards().minCoeff();
  const bool by_advantage = rule == ConservativeRule::largest_advantage;
  const double numerator = (by_advantage ? 1 - gamma : std::pow(1 - gamma, 2)) * target.policy_advantage;
  const double denominator = 4 * (by_advantage ? gamma * target.largest_advantage : range);
  return numerator < denominator ? numerator / denominator : 1;
}

/// How conservative policy iteration steps, and when it ends.
struct ConservativePolicyIterationOptions {
  ConservativeRule rule = ConservativeRule::largest_advantage;  ///< of the weight of the greedy policy
  double tolerance = 1e-6;  ///< stop when the greedy policy's mean advantage AA is at most this
  Index max_steps = 10000;  ///< or stop after so many
};

/// One step of conservative policy iteration.
struct ConservativeStep {
  double policy_advantage = 0;   ///< AA
  double largest_advantage = 0;  ///< eps
  double alpha = 0;              ///< weight of the greedy policy
  double bound = 0;              ///< the least gain that theorem 4.1 promises
  double improvement = 0;        ///< J(new) - J(old)
  double objective = 0;          ///< J(new)
};

/// What conservative policy iteration found.
struct ConservativePolicyIterationReport {
  Matrix<double> policy;                ///< the last one, S x A
  PolicyEvaluation evaluation;          ///< of that policy
  double policy_advantage = 0;          ///< what the greedy policy would still promise
  std::vector<ConservativeStep> steps;  ///< all that were made
};

/// Conservative policy iteration with exact evaluations: mixes a little of the greedy policy into the present one, so
/// little that every step improves, until its advantage in the visited states is at most the tolerance:
///
///     pi <- (1 - alpha) pi + alpha greedy(A_pi)
///
/// Small advantages in the states that are visited say nothing of the others: where it stops J is short of the best by
/// at most max_s d*(s) / d(s) times AA / (1 - gamma). Throws: as evaluate_policy, and for negative options. Cost: O(S^3
/// + A S^2) a step. Source: Kakade and Langford 2002.
[[nodiscard]] inline ConservativePolicyIterationReport conservative_policy_iteration(
    const FiniteMdp& mdp, const Matrix<double>& first, const ConservativePolicyIterationOptions& options = {}) {
  require(options.tolerance >= 0 && std::isfinite(options.tolerance), "conservative_policy_iteration",
          "a finite tolerance >= 0", options.tolerance);
  require(options.max_steps >= 0, "conservative_policy_iteration", "max_steps >= 0", options.max_steps);
  ConservativePolicyIterationReport report{
      .policy = first, .evaluation = evaluate_policy(mdp, first), .policy_advantage = 0, .steps = {}};
  for (;;) {
    const ConservativeTarget target = conservative_target(report.evaluation);
    report.policy_advantage = target.policy_advantage;
    if (target.policy_advantage <= options.tolerance) return report;
    if (static_cast<Index>(report.steps.size()) >= options.max_steps) return report;
    const double alpha = conservative_weight(mdp, target, options.rule);
    report.policy = mixture(report.policy, target.policy, alpha);
    const double before = report.evaluation.objective;
    report.evaluation = evaluate_policy(mdp, report.policy);
    report.steps.push_back({target.policy_advantage, target.largest_advantage, alpha,
                            conservative_bound(target, mdp.gamma(), alpha), report.evaluation.objective - before,
                            report.evaluation.objective});
  }
}

}  // namespace vantage

#endif
