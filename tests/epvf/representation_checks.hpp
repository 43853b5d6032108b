// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_EPVF_REPRESENTATION_CHECKS_HPP
#define VANTAGE_TESTS_EPVF_REPRESENTATION_CHECKS_HPP

#include "catch.hpp"
#include "epvf/parameter_permutation.hpp"
#include "vantage/epvf/representation.hpp"

namespace vantage {

// both gradients of sum(weights_of_features * features) against central differences, and that they add
template <Representation R>
void check_gradients(const R& representation, Index parameters, Index policies, double tolerance) {
  static_assert(std::same_as<typename R::Scalar, double>);
  Rng rng(17);
  Vector<double> weights(representation.weight_count());
  representation.initialize(weights, rng);
  weights += 0.1 * normal_vector<double>(weights.size(), rng);
  Matrix<double> thetas = normal_matrix<double>(parameters, policies, rng);
  const Matrix<double> slope = normal_matrix<double>(representation.feature_size(), policies, rng);
  typename R::Tape tape;
  const auto value = [&] { return slope.cwiseProduct(representation.features(weights, thetas, tape)).sum(); };

  Vector<double> weight_gradient = Vector<double>::Constant(weights.size(), 3.0);
  Matrix<double> theta_gradient = Matrix<double>::Constant(parameters, policies, -2.0);
  value();
  representation.backward(weights, thetas, tape, slope, weight_gradient);
  value();
  representation.backward_to_input(weights, thetas, tape, slope, theta_gradient);
  CHECK((theta_gradient.array() + 2.0).abs().maxCoeff() > 1e-3);

  const double step = 1e-6;
  const auto difference = [&](double& entry) {
    const double before = entry;
    entry = before + step;
    const double above = value();
    entry = before - step;
    const double below = value();
    entry = before;
    return (above - below) / (2 * step);
  };
  double worst = 0;
  for (Index i = 0; i < weights.size(); ++i) {
    worst = std::max(worst, std::abs(weight_gradient(i) - 3.0 - difference(weights(i))));
  }
  CHECK(worst < tolerance);
  worst = 0;
  for (Index i = 0; i < thetas.size(); ++i) {
    worst = std::max(worst, std::abs(theta_gradient.data()[i] + 2.0 - difference(thetas.data()[i])));
  }
  CHECK(worst < tolerance);
}

// many policies at once and one at a time: the same bits of the features, the same gradients
template <Representation R>
void check_columns(const R& representation, Index parameters) {
  using S = typename R::Scalar;
  Rng rng(5);
  Vector<S> weights(representation.weight_count());
  representation.initialize(weights, rng);
  const Matrix<S> thetas = normal_matrix<S>(parameters, 4, rng);
  const Matrix<S> slope = normal_matrix<S>(representation.feature_size(), 4, rng);
  typename R::Tape tape;
  const Matrix<S> together = representation.features(weights, thetas, tape);
  Vector<S> sum = Vector<S>::Zero(weights.size());
  Matrix<S> theta_gradient = Matrix<S>::Zero(parameters, 4);
  representation.backward(weights, thetas, tape, slope, sum);
  representation.backward_to_input(weights, thetas, tape, slope, theta_gradient);

  typename R::Tape fresh;
  Vector<S> one_by_one = Vector<S>::Zero(weights.size());
  for (Index n = 0; n < 4; ++n) {
    CHECK(Matrix<S>(representation.features(weights, thetas.col(n), fresh)) == together.col(n));
    representation.backward(weights, thetas.col(n), fresh, slope.col(n), one_by_one);
    Matrix<S> gradient = Matrix<S>::Zero(parameters, 1);
    representation.backward_to_input(weights, thetas.col(n), fresh, slope.col(n), gradient);
    CHECK(gradient == theta_gradient.col(n));
  }
  CHECK(one_by_one == sum);
  CHECK(representation.features(weights, thetas.leftCols(0), fresh).cols() == 0);
}

}  // namespace vantage

#endif
