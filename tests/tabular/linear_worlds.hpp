// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_TABULAR_LINEAR_WORLDS_HPP
#define VANTAGE_TESTS_TABULAR_LINEAR_WORLDS_HPP

#include <cmath>

#include "vantage/core/random.hpp"
#include "vantage/tabular/linear_quadratic.hpp"

namespace vantage {

// one state, one action: the numbers of this world in the tests were computed independently
inline LinearQuadratic scalar_world() {
  return {.transition = Matrix<double>{{0.9}},
          .control = Matrix<double>{{0.5}},
          .state_cost = Matrix<double>{{1}},
          .control_cost = Matrix<double>{{0.1}},
          .noise = Matrix<double>{{0.01}},
          .start = Matrix<double>{{1}},
          .gamma = 0.95};
}

inline LinearGaussian scalar_policy() { return {Matrix<double>{{-0.6}}, Vector<double>::Constant(1, std::log(0.4))}; }

inline Matrix<double> random_matrix(Index rows, Index columns, Rng& rng) {
  Matrix<double> result(rows, columns);
  for (double& x : result.reshaped()) x = rng.normal();
  return result;
}

inline Matrix<double> random_covariance(Index size, Rng& rng) {
  const Matrix<double> root = random_matrix(size, size, rng);
  return root * root.transpose() / static_cast<double>(size);
}

// three states and two actions, stable with any small gain
inline LinearQuadratic random_linear_world(Rng& rng) {
  const Matrix<double> a = random_matrix(3, 3, rng);
  return {.transition = 0.7 / a.norm() * a,
          .control = 0.3 * random_matrix(3, 2, rng),
          .state_cost = random_covariance(3, rng),
          .control_cost = random_covariance(2, rng) + 0.1 * Matrix<double>::Identity(2, 2),
          .noise = 0.05 * random_covariance(3, rng),
          .start = random_covariance(3, rng),
          .gamma = 0.9};
}

inline LinearGaussian random_linear_policy(Rng& rng) {
  return {0.15 * random_matrix(2, 3, rng), Vector<double>{{rng.uniform(-1, 0), rng.uniform(-1, 0)}}};
}

}  // namespace vantage

#endif
