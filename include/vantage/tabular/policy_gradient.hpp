// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_POLICY_GRADIENT_HPP
#define VANTAGE_TABULAR_POLICY_GRADIENT_HPP

#include <cmath>
#include <vector>

#include "vantage/policy/categorical.hpp"
#include "vantage/tabular/policy_evaluation.hpp"

namespace vantage {

/// pi(a|s) = exp(theta(s, a)) / sum_b exp(theta(s, b)). Shapes: S x A, like the logits.
[[nodiscard]] inline Matrix<double> softmax_policy(const Matrix<double>& logits) {
  Matrix<double> policy(logits.rows(), logits.cols());
  Vector<double> log_probs(logits.cols());
  for (Index s = 0; s < logits.rows(); ++s) {
    categorical::log_softmax(logits.row(s), log_probs);
    policy.row(s) = log_probs.array().exp().matrix().transpose();
  }
  return policy;
}

/// The gradient of J with respect to softmax logits, by the policy gradient theorem:
///
///     dJ/dtheta(s, a) = d(s) pi(a|s) A(s, a) / (1 - gamma)
///
/// Shapes: policy and result S x A. Source: Sutton et al. 2000, theorem 1.
[[nodiscard]] inline Matrix<double> softmax_gradient(const FiniteMdp& mdp, const Matrix<double>& policy) {
  const PolicyEvaluation evaluation = evaluate_policy(mdp, policy);
  return evaluation.visitation.asDiagonal() * policy.cwiseProduct(evaluation.advantages) / (1 - mdp.gamma());
}

/// The gradient of J with respect to the probabilities themselves, as if each were free: d(s) Q(s, a) / (1 - gamma).
[[nodiscard]] inline Matrix<double> direct_gradient(const FiniteMdp& mdp, const Matrix<double>& policy) {
  const PolicyEvaluation evaluation = evaluate_policy(mdp, policy);
  return evaluation.visitation.asDiagonal() * evaluation.action_values / (1 - mdp.gamma());
}

/// The Fisher information of softmax logits, the mean over the visited states:
///
///     F = blockdiag_s d(s) (diag pi_s - pi_s pi_s')
///
/// It is singular: a constant added to the logits of one state changes nothing.
/// Shapes: S A x S A, theta(s, a) at place s A + a.
[[nodiscard]] inline Matrix<double> softmax_fisher(const Matrix<double>& policy, const Vector<double>& visitation) {
  const Index actions = policy.cols();
  Matrix<double> fisher = Matrix<double>::Zero(policy.size(), policy.size());
  for (Index s = 0; s < policy.rows(); ++s) {
    const Vector<double> p = policy.row(s);
    auto block = fisher.block(s * actions, s * actions, actions, actions);
    block = -visitation[s] * (p * p.transpose());
    block.diagonal() += visitation[s] * p;
  }
  return fisher;
}

/// The natural gradient F^+ grad J of softmax logits, with mean 0 under the policy in every state: A(s, a) / (1 -
/// gamma). Source: Kakade 2001, theorem 1, where the scores are the compatible features.
[[nodiscard]] inline Matrix<double> natural_softmax_gradient(const FiniteMdp& mdp, const Matrix<double>& policy) {
  return evaluate_policy(mdp, policy).advantages / (1 - mdp.gamma());
}

/// How a sampler that stops after `steps` steps weighs time, and what it believes to follow.
struct HorizonOptions {
  Index steps = 100;                 ///< T
  bool discount_weights = true;      ///< step t counts gamma^t, as in the theorem; false: every step counts the same
  Vector<double> final_values = {};  ///< bootstrap after the last step; empty: nothing follows
};

/// V_0 .. V_T of a horizon, V_T being the bootstrap: V_t = r_pi + gamma P_pi V_{t+1}. Throws: as evaluate_policy.
[[nodiscard]] inline std::vector<Vector<double>> horizon_values(const FiniteMdp& mdp, const Matrix<double>& policy,
                                                                const HorizonOptions& options) {
  require_policy("horizon_values", mdp, policy);
  require(options.steps >= 1, "horizon_values", "steps >= 1", options.steps);
  require(options.final_values.size() == 0 || options.final_values.size() == mdp.states(), "horizon_values",
          "no final values or one a state", options.final_values.size());
  std::vector<Vector<double>> values(static_cast<std::size_t>(options.steps) + 1);
  values.back() = options.final_values.size() > 0 ? options.final_values : Vector<double>::Zero(mdp.states());
  for (std::size_t t = values.size() - 1; t-- > 0;) values[t] = average(policy, backup(mdp, values[t + 1]));
  return values;
}

/// What score-function estimates from episodes of `steps` steps converge to:
///
///     sum_{t < T} w_t P(s_t = s) pi(a|s) A_t(s, a),   A_t = r + gamma P V_{t+1} - V_t,   w_t = gamma^t or 1
///
/// With w_t = gamma^t and nothing bootstrapped it is the gradient of the T-step objective. With w_t = 1, as most
/// implementations have it, it is another vector, and in general the gradient of nothing.
/// Shapes: S x A. Throws: as horizon_values. Cost: O(T A S^2).
[[nodiscard]] inline Matrix<double> horizon_gradient(const FiniteMdp& mdp, const Matrix<double>& policy,
                                                     const HorizonOptions& options) {
  const std::vector<Vector<double>> values = horizon_values(mdp, policy, options);
  const Matrix<double> p = chain(mdp, policy);
  Vector<double> weights = mdp.start();
  Matrix<double> gradient = Matrix<double>::Zero(mdp.states(), mdp.actions());
  for (std::size_t t = 0; t + 1 < values.size(); ++t) {
    const Matrix<double> advantages = backup(mdp, values[t + 1]).colwise() - values[t];
    gradient += weights.asDiagonal() * policy.cwiseProduct(advantages);
    weights = (options.discount_weights ? mdp.gamma() : 1.0) * (p.transpose() * weights);
  }
  return gradient;
}

}  // namespace vantage

#endif
