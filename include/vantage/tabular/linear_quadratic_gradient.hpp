// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_LINEAR_QUADRATIC_GRADIENT_HPP
#define VANTAGE_TABULAR_LINEAR_QUADRATIC_GRADIENT_HPP

#include <cmath>
#include <vector>

#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/tabular/linear_quadratic.hpp"
#include "vantage/tabular/small_matrices.hpp"

namespace vantage {

/// The exact gradient of J: dJ/dK = -2 E S, dJ/dl_i = -2 H_ii exp(2 l_i) / (1 - gamma). Throws: as evaluate_policy.
[[nodiscard]] inline LinearGaussian policy_gradient(const LinearQuadratic& problem, const LinearGaussian& policy) {
  const LinearQuadraticEvaluation evaluation = evaluate_policy(problem, policy);
  const Vector<double> curvature = evaluation.action_curvature.diagonal();
  return {-2 * small_product(evaluation.coupling, evaluation.visitation),
          -2 / (1 - problem.gamma) * curvature.cwiseProduct(policy.variance())};
}

/// The exact natural gradient F^-1 grad J: -2 Sigma E / (1 - gamma) and -H_ii exp(2 l_i) / (1 - gamma).
/// Throws: as evaluate_policy.
[[nodiscard]] inline LinearGaussian natural_policy_gradient(const LinearQuadratic& problem,
                                                            const LinearGaussian& policy) {
  const LinearQuadraticEvaluation evaluation = evaluate_policy(problem, policy);
  const Vector<double> curvature = evaluation.action_curvature.diagonal();
  return {-2 / (1 - problem.gamma) * (policy.variance().asDiagonal() * evaluation.coupling),
          -1 / (1 - problem.gamma) * curvature.cwiseProduct(policy.variance())};
}

/// A gradient as one vector, K column by column, then l: the order of the rows of policy_fisher.
[[nodiscard]] inline Vector<double> flat(const LinearGaussian& gradient) {
  Vector<double> result(gradient.gain.size() + gradient.log_std.size());
  result << gradient.gain.reshaped(), gradient.log_std;
  return result;
}

/// The Fisher information in the discounted states: [(1 - gamma) S] (x) Sigma^-1 for K and 2 I for l, nothing between.
/// Shapes: (m n + m) squared. Throws: as evaluate_policy.
[[nodiscard]] inline Matrix<double> policy_fisher(const LinearQuadratic& problem, const LinearGaussian& policy) {
  const Matrix<double> moments = (1 - problem.gamma) * evaluate_policy(problem, policy).visitation;
  const Index m = problem.action_size();
  const Index of_gain = policy.gain.size();
  Matrix<double> fisher = Matrix<double>::Zero(of_gain + m, of_gain + m);
  for (Index i = 0; i < moments.rows(); ++i) {
    for (Index j = 0; j < moments.cols(); ++j) {
      fisher.block(i * m, j * m, m, m).diagonal() = moments(i, j) * policy.variance().cwiseInverse();
    }
  }
  fisher.diagonal().tail(m).setConstant(2);
  return fisher;
}

/// Mean over the discounted states of `from` of KL(from || to). At equal log_std it is exactly quadratic in the gain's
/// step D: 1/2 tr(D' Sigma^-1 D (1 - gamma) S). Throws: as evaluate_policy.
[[nodiscard]] inline double mean_kl(const LinearQuadratic& problem, const LinearGaussian& from,
                                    const LinearGaussian& to) {
  require_policy("mean_kl", problem, to);
  const Matrix<double> moments = (1 - problem.gamma) * evaluate_policy(problem, from).visitation;
  const Matrix<double> step = to.gain - from.gain;
  const Vector<double> squares = small_product(step, moments, step.transpose()).diagonal() + from.variance();
  const Vector<double> change = to.log_std - from.log_std;
  return change.sum() + 0.5 * (squares.cwiseQuotient(to.variance()).array() - 1).sum();
}

/// What a policy comes to in episodes of T steps that nothing follows.
struct LinearQuadraticHorizon {
  std::vector<QuadraticValue> values;   ///< V_0 .. V_T; V_T = 0
  std::vector<Matrix<double>> moments;  ///< E[s_t s_t'] for t = 0 .. T
  double objective = 0;                 ///< E[V_0(s_0)]
  LinearGaussian gradient;              ///< what score-function estimates converge to
};

/// Values and gradient of episodes of `steps` steps, backwards and forwards in time:
///
///     P_t = Q + K' R K + gamma M' P_{t+1} M,    dJ/dK = -2 sum_t w_t E_t S_t,    dJ/dl_i = -2 sum_t w_t H_t,ii exp(2
///     l_i)
///
/// with w_t = gamma^t, the gradient of the objective, or (`discount_weights` false) w_t = 1: what most implementations
/// converge to. Throws: std::invalid_argument for shapes that disagree or steps < 1. Any gain will do.
[[nodiscard]] inline LinearQuadraticHorizon evaluate_horizon(const LinearQuadratic& problem,
                                                             const LinearGaussian& policy, Index steps,
                                                             bool discount_weights = true) {
  validate(problem);
  require_policy("evaluate_horizon", problem, policy);
  require(steps >= 1, "evaluate_horizon", "steps >= 1", steps);
  const double gamma = problem.gamma;
  const Matrix<double>& b = problem.control;
  const Matrix<double>& r = problem.control_cost;
  const Matrix<double>& k = policy.gain;
  const auto [loop, spread, cost] = detail::close_loop(problem, policy);

  LinearQuadraticHorizon result;
  const auto last = static_cast<std::size_t>(steps);
  result.values.resize(last + 1);
  result.values[last].curvature = Matrix<double>::Zero(problem.state_size(), problem.state_size());
  result.moments.assign(last + 1, problem.start);
  for (std::size_t t = last; t-- > 0;) {
    const QuadraticValue& next = result.values[t + 1];
    result.values[t].curvature = cost + gamma * small_product(loop.transpose(), next.curvature, loop);
    result.values[t].constant =
        r.diagonal().dot(policy.variance()) + gamma * (trace_of_product(next.curvature, spread) + next.constant);
  }
  result.objective = -(trace_of_product(result.values[0].curvature, problem.start) + result.values[0].constant);

  result.gradient = {Matrix<double>::Zero(k.rows(), k.cols()), Vector<double>::Zero(k.rows())};
  double weight = 1;
  for (std::size_t t = 0; t < last; ++t) {
    const Matrix<double> projected = gamma * small_product(b.transpose(), result.values[t + 1].curvature);
    const Matrix<double> h = r + small_product(projected, b);
    result.gradient.gain -=
        2 * weight * small_product(small_product(r, k) + small_product(projected, loop), result.moments[t]);
    result.gradient.log_std -= 2 * weight * h.diagonal().cwiseProduct(policy.variance());
    result.moments[t + 1] = small_product(loop, result.moments[t], loop.transpose()) + spread;
    if (discount_weights) weight *= gamma;
  }
  return result;
}

/// The same policy for the library's collectors and updates: no hidden layer, biases 0. Its parameters are K column by
/// column, m biases, then l.
template <class S>
[[nodiscard]] GaussianPolicy<S> gaussian_policy(const LinearGaussian& policy) {
  Rng rng;
  const Index m = policy.gain.rows();
  GaussianPolicy<S> result(policy.gain.cols(), m, {.hidden = {}}, rng);
  result.parameters() << policy.gain.reshaped().template cast<S>(), Vector<S>::Zero(m),
      policy.log_std.template cast<S>();
  return result;
}

/// A vector over the parameters of such a policy (its own, a gradient, a step) without the biases.
/// Throws: std::invalid_argument for another size.
template <class S>
[[nodiscard]] LinearGaussian linear_gaussian(const Vector<S>& parameters, Index states, Index actions) {
  require(parameters.size() == actions * (states + 2), "linear_gaussian", "a gain, biases and log_stds",
          parameters.size());
  return {parameters.head(actions * states).reshaped(actions, states).template cast<double>(),
          parameters.tail(actions).template cast<double>()};
}

}  // namespace vantage

#endif
