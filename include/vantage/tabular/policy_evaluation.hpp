// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_POLICY_EVALUATION_HPP
#define VANTAGE_TABULAR_POLICY_EVALUATION_HPP

#include <cmath>
#include <limits>

#include "vantage/tabular/finite_mdp.hpp"
#include "vantage/tabular/solve_linear.hpp"

namespace vantage {

/// What is known of a policy in a finite decision process; entry (s, a) of a table belongs to action a in state s.
/// Shapes: values and visitation S, the tables S x A.
struct PolicyEvaluation {
  Vector<double> values;         ///< V(s)
  Matrix<double> action_values;  ///< Q(s, a)
  Matrix<double> advantages;     ///< A(s, a) = Q(s, a) - V(s)
  Vector<double> visitation;     ///< d(s), the discounted share of time in s; sums to 1
  double objective = 0;          ///< J = mu' V
};

/// When repeated Bellman backups end.
struct BackupOptions {
  double tolerance = 1e-12;   ///< stop when no value changes by more than this in a sweep
  Index max_sweeps = 100000;  ///< or after so many sweeps
};

/// Throws: std::invalid_argument for negative numbers, or a tolerance that is not finite.
inline void validate(const BackupOptions& options, const char* who) {
  require(options.tolerance >= 0 && std::isfinite(options.tolerance), who, "a finite tolerance >= 0",
          options.tolerance);
  require(options.max_sweeps >= 0, who, "max_sweeps >= 0", options.max_sweeps);
}

/// What repeated Bellman backups came to; the values are off by at most residual gamma / (1 - gamma).
struct BackupReport {
  Vector<double> values;                                      ///< V, a number a state
  Index sweeps = 0;                                           ///< made
  double residual = std::numeric_limits<double>::infinity();  ///< largest change of a value in the last sweep
};

/// Throws std::invalid_argument unless row s of the S x A table is a distribution over the actions in state s.
inline void require_policy(const char* who, const FiniteMdp& mdp, const Matrix<double>& policy) {
  require(policy.rows() == mdp.states() && policy.cols() == mdp.actions(), who, "a policy table states x actions",
          detail::join(policy.rows(), " x ", policy.cols()));
  for (Index s = 0; s < policy.rows(); ++s) {
    require(detail::is_distribution(policy.row(s)), who, "action probabilities >= 0 with sum 1", policy.row(s));
  }
}

/// The chain that a policy makes: P_pi(s, s') = sum_a pi(a|s) P_a(s, s').
[[nodiscard]] inline Matrix<double> chain(const FiniteMdp& mdp, const Matrix<double>& policy) {
  Matrix<double> result = Matrix<double>::Zero(mdp.states(), mdp.states());
  for (Index a = 0; a < mdp.actions(); ++a) result += policy.col(a).asDiagonal() * mdp.transition(a);
  return result;
}

/// One step ahead of V: Q(s, a) = r(s, a) + gamma sum_s' P_a(s, s') V(s').
[[nodiscard]] inline Matrix<double> backup(const FiniteMdp& mdp, const Vector<double>& values) {
  Matrix<double> result = mdp.rewards();
  for (Index a = 0; a < mdp.actions(); ++a) result.col(a) += mdp.gamma() * (mdp.transition(a) * values);
  return result;
}

/// E_{a ~ pi}[table(s, a)] in every state.
[[nodiscard]] inline Vector<double> average(const Matrix<double>& policy, const Matrix<double>& table) {
  return policy.cwiseProduct(table).rowwise().sum();
}

/// Everything about a policy by solving its linear equations:
///
///     V = r_pi + gamma P_pi V,   Q = r + gamma P V,   d = (1 - gamma) mu + gamma P_pi' d,   J = mu' V
///
/// Shapes: policy S x A. Throws: std::invalid_argument for what is no policy. Cost: O(S^3 + A S^2).
[[nodiscard]] inline PolicyEvaluation evaluate_policy(const FiniteMdp& mdp, const Matrix<double>& policy) {
  require_policy("evaluate_policy", mdp, policy);
  const Matrix<double> equations =
      Matrix<double>::Identity(mdp.states(), mdp.states()) - mdp.gamma() * chain(mdp, policy);
  PolicyEvaluation result;
  result.values = solve_linear(equations, average(policy, mdp.rewards()));
  result.action_values = backup(mdp, result.values);
  result.advantages = result.action_values.colwise() - result.values;
  result.visitation = solve_linear(equations.transpose(), mdp.start());
  result.visitation *= 1 - mdp.gamma();
  result.objective = mdp.start().dot(result.values);
  return result;
}

/// The same values by sweeps of the Bellman backup V <- r_pi + gamma P_pi V from V = 0. Throws: as evaluate_policy.
[[nodiscard]] inline BackupReport iterate_policy_evaluation(const FiniteMdp& mdp, const Matrix<double>& policy,
                                                            const BackupOptions& options = {}) {
  require_policy("iterate_policy_evaluation", mdp, policy);
  validate(options, "iterate_policy_evaluation");
  BackupReport report{.values = Vector<double>::Zero(mdp.states())};
  while (report.sweeps < options.max_sweeps && report.residual > options.tolerance) {
    const Vector<double> next = average(policy, backup(mdp, report.values));
    report.residual = (next - report.values).lpNorm<Eigen::Infinity>();
    report.values = next;
    ++report.sweeps;
  }
  return report;
}

/// Mean advantage of `other` over the evaluated policy, in the states that the evaluated one visits:
/// E_{s ~ d, a ~ other}[A(s, a)].
[[nodiscard]] inline double policy_advantage(const PolicyEvaluation& evaluation, const Matrix<double>& other) {
  return evaluation.visitation.dot(average(other, evaluation.advantages));
}

/// J(to) - J(from), from the advantages of one and the states of the other:
///
///     J(pi') - J(pi) = E_{s ~ d_pi', a ~ pi'}[A_pi(s, a)] / (1 - gamma)
///
/// Source: Kakade and Langford 2002, lemma 6.1.
[[nodiscard]] inline double performance_difference(const FiniteMdp& mdp, const Matrix<double>& from,
                                                   const Matrix<double>& to) {
  const Matrix<double> advantages = evaluate_policy(mdp, from).advantages;
  return evaluate_policy(mdp, to).visitation.dot(average(to, advantages)) / (1 - mdp.gamma());
}

/// What generalised advantage estimation gives on average after action a in state s, whatever the value function V^:
///
///     E(s, a) = delta(s, a) + gamma lambda sum_s' P_a(s, s') x(s'),   x = delta_pi + gamma lambda P_pi x,
///     delta(s, a) = r(s, a) + gamma sum_s' P_a(s, s') V^(s') - V^(s)
///
/// With the exact V it is the advantage for any lambda; with lambda = 1 it is Q - V^. Shapes: S x A.
/// Throws: std::invalid_argument for what is no policy, or lambda outside [0, 1].
[[nodiscard]] inline Matrix<double> expected_gae(const FiniteMdp& mdp, const Matrix<double>& policy,
                                                 const Vector<double>& value, double lambda) {
  require_policy("expected_gae", mdp, policy);
  require(value.size() == mdp.states(), "expected_gae", "a value a state", value.size());
  require(lambda >= 0 && lambda <= 1, "expected_gae", "0 <= lambda <= 1", lambda);
  const double decay = mdp.gamma() * lambda;
  const Matrix<double> delta = backup(mdp, value).colwise() - value;
  const Matrix<double> equations = Matrix<double>::Identity(mdp.states(), mdp.states()) - decay * chain(mdp, policy);
  const Vector<double> tail = solve_linear(equations, average(policy, delta));
  Matrix<double> result = delta;
  for (Index a = 0; a < mdp.actions(); ++a) result.col(a) += decay * (mdp.transition(a) * tail);
  return result;
}

}  // namespace vantage

#endif
