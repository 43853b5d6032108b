// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_LINEAR_QUADRATIC_ENVIRONMENT_HPP
#define VANTAGE_TABULAR_LINEAR_QUADRATIC_ENVIRONMENT_HPP

#include <Eigen/Cholesky>
#include <limits>
#include <utility>

#include "vantage/env/random_state.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/tabular/linear_quadratic.hpp"
#include "vantage/tabular/small_matrices.hpp"

namespace vantage {

/// A linear-quadratic problem to act in. The first state is drawn from N(0, S_0); never terminates.
///
/// Shapes: state and observation n, action m, unbounded.
class LinearQuadraticEnvironment {
 public:
  /// `max_episode_steps`: time limit in steps; 0: none.
  /// Throws: std::invalid_argument for a negative limit, what validate refuses, or a covariance that is none.
  explicit LinearQuadraticEnvironment(LinearQuadratic problem, Index max_episode_steps = 0)
      : problem_(std::move(problem)) {
    validate(problem_);
    require(max_episode_steps >= 0, "LinearQuadraticEnvironment", "max_episode_steps >= 0", max_episode_steps);
    noise_ = factor(problem_.noise);
    start_ = factor(problem_.start);
    spec_.name = "LinearQuadratic";
    spec_.observation_size = problem_.state_size();
    spec_.action_high = Vector<double>::Constant(problem_.action_size(), std::numeric_limits<double>::infinity());
    spec_.action_low = -spec_.action_high;
    spec_.max_episode_steps = max_episode_steps;
    state_ = draw_ = Vector<double>::Zero(problem_.state_size());
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }
  /// What it plays.
  [[nodiscard]] const LinearQuadratic& problem() const { return problem_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    // a step has no stream of its own: the noise gets one for the episode
    rng_ = Rng(rng());
    for (double& number : draw_) number = rng_.normal();
    state_.noalias() = start_ * draw_;
    observation = state_;
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    // the cost belongs to the state before the step
    const double cost = state_.dot(problem_.state_cost * state_) + action.dot(problem_.control_cost * action);
    for (double& number : draw_) number = rng_.normal();
    observation.noalias() = problem_.transition * state_;
    observation.noalias() += problem_.control * action;
    observation.noalias() += noise_ * draw_;
    state_ = observation;
    return {-cost, false, !action.allFinite()};
  }

  [[nodiscard]] Index state_size() const { return state_.size() + kRandomStateSize; }
  [[nodiscard]] Index tangent_size() const { return state_.size(); }

  void save_state(VectorRef<double> out) const {
    out.head(state_.size()) = state_;
    save_random_state(rng_, out.tail(kRandomStateSize));
  }

  void load_state(const Vector<double>& state) {
    state_ = state.head(state_.size());
    load_random_state(state.tail(kRandomStateSize), rng_);
  }

 private:
  // L with L L' = covariance, which may be singular
  static Matrix<double> factor(const Matrix<double>& covariance) {
    const Eigen::LDLT<Matrix<double>> ldlt(covariance);
    const Vector<double> scale = ldlt.vectorD().cwiseMax(0).cwiseSqrt();
    Matrix<double> result = ldlt.matrixL();
    for (Index i = 0; i < scale.size(); ++i) result.col(i) *= scale[i];
    result = ldlt.transpositionsP().transpose() * result;
    require((small_product(result, result.transpose()) - covariance).norm() <= 1e-9 * covariance.norm(),
            "LinearQuadraticEnvironment", "moments without negative eigenvalues", covariance);
    return result;
  }

  LinearQuadratic problem_;
  EnvironmentSpec spec_;
  Matrix<double> noise_;
  Matrix<double> start_;
  Vector<double> state_;
  Vector<double> draw_;
  Rng rng_;
};

}  // namespace vantage

#endif
