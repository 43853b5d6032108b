// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_DYNAMIC_PROGRAMMING_HPP
#define VANTAGE_TABULAR_DYNAMIC_PROGRAMMING_HPP

#include <cmath>
#include <limits>
#include <vector>

#include "vantage/tabular/policy_evaluation.hpp"

namespace vantage {

/// The policy that takes the best action of every state, the first of equals. Shapes: S x A.
[[nodiscard]] inline Matrix<double> greedy_policy(const Matrix<double>& action_values) {
  Matrix<double> policy = Matrix<double>::Zero(action_values.rows(), action_values.cols());
  for (Index s = 0; s < policy.rows(); ++s) {
    Index best = 0;
    action_values.row(s).maxCoeff(&best);
    policy(s, best) = 1;
  }
  return policy;
}

/// What value iteration found; the values are off by at most residual gamma / (1 - gamma).
struct ValueIterationReport {
  Vector<double> values;                                      ///< V, a number a state
  Matrix<double> policy;                                      ///< greedy to the values
  Index sweeps = 0;                                           ///< made
  double residual = std::numeric_limits<double>::infinity();  ///< largest change of a value in the last sweep
};

/// Sweeps of the Bellman optimality backup from V = 0:
///
///     V(s) <- max_a [ r(s, a) + gamma sum_s' P_a(s, s') V(s') ]
///
/// Cost: O(A S^2) a sweep; the residual shrinks by gamma with each.
[[nodiscard]] inline ValueIterationReport value_iteration(const FiniteMdp& mdp, const BackupOptions& options = {}) {
  validate(options, "value_iteration");
  ValueIterationReport report{.values = Vector<double>::Zero(mdp.states()), .policy = {}};
  while (report.sweeps < options.max_sweeps && report.residual > options.tolerance) {
    const Vector<double> next = backup(mdp, report.values).rowwise().maxCoeff();
    report.residual = (next - report.values).lpNorm<Eigen::Infinity>();
    report.values = next;
    ++report.sweeps;
  }
  report.policy = greedy_policy(backup(mdp, report.values));
  return report;
}

/// When policy iteration ends.
struct PolicyIterationOptions {
  double tolerance = 1e-12;       ///< an action must be better by more than this to replace the present one
  Index max_improvements = 1000;  ///< stop after so many
};

/// What policy iteration found.
struct PolicyIterationReport {
  Matrix<double> policy;           ///< the last one, S x A
  PolicyEvaluation evaluation;     ///< of that policy
  Index improvements = 0;          ///< steps that changed the policy
  double residual = 0;             ///< largest advantage of an action that is left
  std::vector<double> objectives;  ///< J of the first policy and after every improvement
};

/// Evaluates the policy exactly and makes it greedy, state by state, until no action is better than its own:
///
///     pi(s) <- argmax_a A_pi(s, a)   wherever   max_a A_pi(s, a) > tolerance
///
/// Every improvement raises V in some state and lowers it in none. Throws: as evaluate_policy, and for negative
/// options. Cost: O(S^3 + A S^2) an improvement, of which a handful is the rule.
[[nodiscard]] inline PolicyIterationReport policy_iteration(const FiniteMdp& mdp, const Matrix<double>& first,
                                                            const PolicyIterationOptions& options = {}) {
  require(options.tolerance >= 0 && std::isfinite(options.tolerance), "policy_iteration", "a finite tolerance >= 0",
          options.tolerance);
  require(options.max_improvements >= 0, "policy_iteration", "max_improvements >= 0", options.max_improvements);
  PolicyIterationReport report{.policy = first, .evaluation = evaluate_policy(mdp, first), .objectives = {}};
  for (;;) {
    const Matrix<double>& advantages = report.evaluation.advantages;
    report.objectives.push_back(report.evaluation.objective);
    report.residual = advantages.maxCoeff();
    if (report.residual <= options.tolerance || report.improvements == options.max_improvements) return report;
    const Matrix<double> greedy = greedy_policy(advantages);
    for (Index s = 0; s < mdp.states(); ++s) {
      if (advantages.row(s).maxCoeff() > options.tolerance) report.policy.row(s) = greedy.row(s);
    }
    report.evaluation = evaluate_policy(mdp, report.policy);
    ++report.improvements;
  }
}

}  // namespace vantage

#endif
