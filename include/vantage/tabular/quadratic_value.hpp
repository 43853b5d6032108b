// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_QUADRATIC_VALUE_HPP
#define VANTAGE_TABULAR_QUADRATIC_VALUE_HPP

#include <cmath>

#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/tabular/lyapunov_equation.hpp"
#include "vantage/tabular/small_matrices.hpp"

namespace vantage {

/// V(x) = -(x' P x + c)
struct QuadraticValue {
  Matrix<double> curvature;  ///< P
  double constant = 0;       ///< c

  /// V of a state.
  [[nodiscard]] double operator()(ConstVectorRef<double> state) const {
    return -(state.dot(curvature * state) + constant);
  }

  /// For advantage estimators: the values of many states. Shapes: inputs O x N, out N.
  template <class Inputs, class Out>
  void predict(const Inputs& inputs, Context&, Out&& out) const {
    for (Index n = 0; n < inputs.cols(); ++n) {
      out[n] = static_cast<typename Inputs::Scalar>((*this)(inputs.col(n).template cast<double>()));
    }
  }
};

/// Discounted value in a point mass of the policy u ~ N(-K x, sigma^2 I) without a time limit: with F = A - B K and
/// noise W,
///
///     P = Q + K' R K + gamma F' P F,   c = (gamma tr(P (W + sigma^2 B B')) + sigma^2 tr R) / (1 - gamma)
///
/// Shapes: gain K d x 2d. Throws: std::invalid_argument unless 0 <= gamma < 1 and gamma F' . F is a contraction.
[[nodiscard]] inline QuadraticValue quadratic_value(const PointMassOptions& options, const Matrix<double>& gain,
                                                    double gamma, double sigma = 0) {
  require(gamma >= 0 && gamma < 1, "quadratic_value", "0 <= gamma < 1", gamma);
  const PointMass world(options);
  const Matrix<double> b = world.control();
  const Matrix<double> r = world.control_cost();
  QuadraticValue value{solve_lyapunov("quadratic_value",
                                      std::sqrt(gamma) * (world.transition() - small_product(b, gain)),
                                      world.state_cost() + small_product(gain.transpose(), r, gain))};
  const double noise = options.process_noise * options.process_noise;
  const Matrix<double> covariance =
      noise * Matrix<double>::Identity(b.rows(), b.rows()) + sigma * sigma * small_product(b, b.transpose());
  value.constant = (gamma * trace_of_product(value.curvature, covariance) + sigma * sigma * r.trace()) / (1 - gamma);
  return value;
}

}  // namespace vantage

#endif
