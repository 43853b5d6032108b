// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_LINEAR_QUADRATIC_HPP
#define VANTAGE_TABULAR_LINEAR_QUADRATIC_HPP

#include "vantage/tabular/lyapunov_equation.hpp"
#include "vantage/tabular/quadratic_value.hpp"
#include "vantage/tabular/small_matrices.hpp"
#include "vantage/tabular/solve_linear.hpp"

namespace vantage {

/// A linear-quadratic problem, the continuous world whose values and gradients are known in closed form:
///
///     s' = A s + B a + w,   w ~ N(0, W),   r = -(s' Q s + a' R a),   E[s_0 s_0'] = S_0
///
/// Shapes: states n, actions m; A, Q, W, S_0 n x n, B n x m, R m x m.
struct LinearQuadratic {
  Matrix<double> transition;    ///< A
  Matrix<double> control;       ///< B
  Matrix<double> state_cost;    ///< Q, symmetric
  Matrix<double> control_cost;  ///< R, symmetric
  Matrix<double> noise;         ///< W, covariance of what is added to the state
  Matrix<double> start;         ///< S_0, second moment of the first state
  double gamma = 0.99;          ///< the discount

  /// n.
  [[nodiscard]] Index state_size() const { return transition.rows(); }
  /// m.
  [[nodiscard]] Index action_size() const { return control.cols(); }
};

/// a = K s + exp(l) xi, xi ~ N(0, I): a linear mean and a standard deviation a component. Gradients have this shape
/// too. Shapes: gain m x n, log_std m.
struct LinearGaussian {
  Matrix<double> gain;     ///< K
  Vector<double> log_std;  ///< l

  /// Of each action component, exp(2 l).
  [[nodiscard]] Vector<double> variance() const { return (2 * log_std.array()).exp(); }
};

/// What is known of a linear policy; M = A + B K is the closed loop.
struct LinearQuadraticEvaluation {
  QuadraticValue value;             ///< V(s) = -(s' P s + c)
  Matrix<double> action_curvature;  ///< H = R + gamma B' P B, m x m
  Matrix<double> coupling;          ///< E = R K + gamma B' P M, m x n
  Matrix<double> visitation;        ///< S = sum_t gamma^t E[s_t s_t'], n x n
  double objective = 0;             ///< J = -(tr(P S_0) + c)
};

/// Throws: std::invalid_argument unless the shapes agree, costs and covariances are symmetric and 0 <= gamma < 1.
inline void validate(const LinearQuadratic& problem) {
  const auto square = [](const Matrix<double>& m, Index size, const char* expected) {
    require(m.rows() == size && m.cols() == size, "LinearQuadratic", expected, detail::join(m.rows(), " x ", m.cols()));
    require(m.allFinite() && (m - m.transpose()).norm() <= 1e-12 * m.norm(), "LinearQuadratic",
            "symmetric finite matrices of costs and moments", m);
  };
  const Index n = problem.state_size();
  require(n >= 1 && problem.transition.cols() == n, "LinearQuadratic", "a square transition matrix",
          problem.transition.cols());
  require(problem.control.rows() == n && problem.action_size() >= 1, "LinearQuadratic", "control states x actions",
          problem.control.rows());
  square(problem.state_cost, n, "state_cost states x states");
  square(problem.control_cost, problem.action_size(), "control_cost actions x actions");
  square(problem.noise, n, "noise states x states");
  square(problem.start, n, "start states x states");
  require(problem.gamma >= 0 && problem.gamma < 1, "LinearQuadratic", "0 <= gamma < 1", problem.gamma);
}

/// Throws: std::invalid_argument unless a policy has the shapes that the problem asks for.
inline void require_policy(const char* who, const LinearQuadratic& problem, const LinearGaussian& policy) {
  require(policy.gain.rows() == problem.action_size() && policy.gain.cols() == problem.state_size(), who,
          "a gain actions x states", detail::join(policy.gain.rows(), " x ", policy.gain.cols()));
  require(policy.log_std.size() == problem.action_size(), who, "a log_std an action component", policy.log_std.size());
}

/// The point mass as such a problem; its gains have the opposite sign, u = -K x.
[[nodiscard]] inline LinearQuadratic linear_quadratic(const PointMassOptions& options, double gamma) {
  const PointMass world(options);
  const Matrix<double> identity = Matrix<double>::Identity(2 * options.dimensions, 2 * options.dimensions);
  return {.transition = world.transition(),
          .control = world.control(),
          .state_cost = world.state_cost(),
          .control_cost = world.control_cost(),
          .noise = options.process_noise * options.process_noise * identity,
          .start = options.initial_range * options.initial_range / 3 * identity,
          .gamma = gamma};
}

namespace detail {

/// s' = loop s + noise of covariance `spread`, at the mean cost s' cost s + tr(R Sigma) a step.
struct LinearLoop {
  Matrix<double> loop;
  Matrix<double> spread;
  Matrix<double> cost;
};

[[nodiscard]] inline LinearLoop close_loop(const LinearQuadratic& problem, const LinearGaussian& policy) {
  const Matrix<double>& b = problem.control;
  const Matrix<double>& k = policy.gain;
  const Matrix<double> sigma = policy.variance().asDiagonal();
  return {problem.transition + small_product(b, k), small_product(b, sigma, b.transpose()) + problem.noise,
          problem.state_cost + small_product(k.transpose(), problem.control_cost, k)};
}

}  // namespace detail

/// Everything about a policy in closed form, with Sigma = diag exp(2 l):
///
///     P = Q + K' R K + gamma M' P M,          c = [tr(R Sigma) + gamma tr(P (B Sigma B' + W))] / (1 - gamma)
///     S = S_0 + gamma [ M S M' + (B Sigma B' + W) / (1 - gamma) ]
///
/// Throws: std::invalid_argument for shapes that disagree, or where sqrt(gamma) M has an eigenvalue of modulus 1 or
/// more: then the cost is infinite. Cost: O((n + m)^3).
[[nodiscard]] inline LinearQuadraticEvaluation evaluate_policy(const LinearQuadratic& problem,
                                                               const LinearGaussian& policy) {
  validate(problem);
  require_policy("evaluate_policy", problem, policy);
  const double gamma = problem.gamma;
  const Matrix<double>& b = problem.control;
  const Matrix<double>& r = problem.control_cost;
  const Matrix<double>& k = policy.gain;
  const auto [loop, spread, cost] = detail::close_loop(problem, policy);

  LinearQuadraticEvaluation result;
  Matrix<double>& p = result.value.curvature;
  p = solve_lyapunov("evaluate_policy", std::sqrt(gamma) * loop, cost);
  result.value.constant = (r.diagonal().dot(policy.variance()) + gamma * trace_of_product(p, spread)) / (1 - gamma);
  result.action_curvature = r + gamma * small_product(b.transpose(), p, b);
  result.coupling = small_product(r, k) + gamma * small_product(b.transpose(), p, loop);
  result.visitation = solve_lyapunov("evaluate_policy", std::sqrt(gamma) * loop.transpose(),
                                     problem.start + gamma / (1 - gamma) * spread);
  result.objective = -(trace_of_product(p, problem.start) + result.value.constant);
  return result;
}

/// Q(s, a) = r(s, a) + gamma E[V(s')]. Shapes: state n, action m.
[[nodiscard]] inline double action_value(const LinearQuadratic& problem, const LinearQuadraticEvaluation& evaluation,
                                         const Vector<double>& state, const Vector<double>& action) {
  const Vector<double> next = problem.transition * state + problem.control * action;
  const double cost = state.dot(problem.state_cost * state) + action.dot(problem.control_cost * action);
  const double noise = trace_of_product(evaluation.value.curvature, problem.noise);
  return -cost + problem.gamma * (evaluation.value(next) - noise);
}

/// A(s, K s + u) = -(u' H u + 2 u' E s - tr(H Sigma)), where u is what the action adds to the mean. Shapes: as above.
[[nodiscard]] inline double advantage(const LinearQuadraticEvaluation& evaluation, const LinearGaussian& policy,
                                      const Vector<double>& state, const Vector<double>& action) {
  const Vector<double> u = action - policy.gain * state;
  return -(u.dot(evaluation.action_curvature * u) + 2 * u.dot(evaluation.coupling * state) -
           evaluation.action_curvature.diagonal().dot(policy.variance()));
}

namespace detail {

// mean advantage of `to` over the evaluated `from`, summed over states with second moments S:
// -( tr(D' H D S) + 2 tr(D' E S) + tr(H (Sigma_to - Sigma_from)) / (1 - gamma) ), D = K_to - K_from
[[nodiscard]] inline double summed_advantage(const LinearQuadraticEvaluation& evaluation, const LinearGaussian& from,
                                             const LinearGaussian& to, const Matrix<double>& moments, double gamma) {
  const Matrix<double> step = to.gain - from.gain;
  const Matrix<double>& h = evaluation.action_curvature;
  const Matrix<double> change = small_product(h, step) + 2 * evaluation.coupling;
  return -(trace_of_product(small_product(change, moments), step.transpose()) +
           h.diagonal().dot(to.variance() - from.variance()) / (1 - gamma));
}

}  // namespace detail

/// J(to) - J(from) by the performance-difference identity, from the advantages of one and the states of the other.
[[nodiscard]] inline double performance_difference(const LinearQuadratic& problem, const LinearGaussian& from,
                                                   const LinearGaussian& to) {
  const Matrix<double> moments = evaluate_policy(problem, to).visitation;
  return detail::summed_advantage(evaluate_policy(problem, from), from, to, moments, problem.gamma);
}

/// The surrogate of that difference, in the states of `from`: E_{s ~ d_from, a ~ to}[A_from] / (1 - gamma), which
/// importance-weighted objectives estimate. Equal to it to first order.
[[nodiscard]] inline double surrogate_difference(const LinearQuadratic& problem, const LinearGaussian& from,
                                                 const LinearGaussian& to) {
  require_policy("surrogate_difference", problem, to);
  const LinearQuadraticEvaluation evaluation = evaluate_policy(problem, from);
  return detail::summed_advantage(evaluation, from, to, evaluation.visitation, problem.gamma);
}

/// What policy iteration found for a linear-quadratic problem.
struct GainIterationReport {
  Matrix<double> gain;     ///< K
  QuadraticValue value;    ///< of the mean action alone, without exploration
  Index improvements = 0;  ///< steps that were made
  double residual = 0;     ///< norm of the last change of the gain
};

/// The best gain by policy iteration, K <- K - H^-1 E, from one whose cost is finite. It is Newton's method on the
/// Riccati equation of (sqrt(gamma) A, sqrt(gamma) B, Q, R) and converges quadratically.
/// Throws: as evaluate_policy, and if an improvement leads to an infinite cost (R + gamma B' P B must be positive).
/// Source: Hewer 1971.
[[nodiscard]] inline GainIterationReport iterate_gain(const LinearQuadratic& problem, const Matrix<double>& first,
                                                      double tolerance = 1e-12, Index max_improvements = 100) {
  GainIterationReport report{.gain = first, .value = {}};
  // the gain that is best does not depend on exploration: none
  const Vector<double> none = Vector<double>::Constant(problem.action_size(), -1e3);
  LinearQuadraticEvaluation evaluation = evaluate_policy(problem, {first, none});
  do {
    const Matrix<double> step = solve_linear(evaluation.action_curvature, evaluation.coupling);
    report.gain -= step;
    report.residual = step.norm();
    evaluation = evaluate_policy(problem, {report.gain, none});
    ++report.improvements;
  } while (report.residual > tolerance * (1 + report.gain.norm()) && report.improvements < max_improvements);
  report.value = evaluation.value;
  return report;
}

}  // namespace vantage

#endif
