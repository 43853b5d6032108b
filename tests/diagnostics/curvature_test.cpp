// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/curvature.hpp"

#include "catch.hpp"

using namespace vantage;

namespace {

// orthogonal, from three reflections
Matrix<double> rotation(Index size, Rng& rng) {
  Matrix<double> result = Matrix<double>::Identity(size, size);
  for (int i = 0; i < 3; ++i) {
    Vector<double> normal(size);
    for (double& entry : normal) entry = rng.normal();
    normal.normalize();
    result -= 2 * (result * normal) * normal.transpose();
  }
  return result;
}

}  // namespace

TEST_CASE("leading eigenvalues and their directions are those of the matrix, whatever their sign") {
  Rng rng(3);
  const Index size = 60;
  Vector<double> eigenvalues(size);
  for (double& value : eigenvalues) value = rng.uniform(-1, 1);
  eigenvalues.head(4) = Vector<double>{{9, -7, 5, 3}};
  const Matrix<double> directions = rotation(size, rng);
  const Matrix<double> matrix = directions * eigenvalues.asDiagonal() * directions.transpose();
  int products = 0;
  const auto product = [&](const Vector<double>& v) {
    ++products;
    return Vector<double>(matrix * v);
  };
  const Curvature found = leading_curvature(product, size, {.eigenvalues = 4, .tolerance = 1e-9});
  CHECK((found.eigenvalues - eigenvalues.head(4)).norm() < 1e-8);
  CHECK(found.iterations < size);
  CHECK(found.iterations == products);
  for (Index i = 0; i < 4; ++i) CHECK(std::abs(found.eigenvectors.col(i).dot(directions.col(i))) > 1 - 1e-9);
  // three parts within, four outside
  const Vector<double> gradient = 3 * directions.col(1) + 4 * directions.col(30);
  CHECK(found.share_of(gradient) == Approx(9.0 / 25).epsilon(1e-7));
  CHECK_THROWS_AS(found.share_of(Vector<double>::Zero(size)), std::invalid_argument);
}

TEST_CASE("a multiple eigenvalue is found as often as it is there, and a small matrix exactly") {
  // few different eigenvalues: the first vector alone would see each of them once
  const Vector<double> diagonal{{2, 2, 2, -1, -1, 0}};
  const auto product = [&](const Vector<double>& v) { return Vector<double>(diagonal.cwiseProduct(v)); };
  const Curvature found = leading_curvature(product, 6, {.eigenvalues = 6, .iterations = 6});
  CHECK((found.eigenvalues - diagonal).norm() < 1e-10);
  CHECK((found.eigenvectors.transpose() * found.eigenvectors - Matrix<double>::Identity(6, 6)).norm() < 1e-10);
  const auto zero = [](const Vector<double>& v) { return Vector<double>(0 * v); };
  CHECK(leading_curvature(zero, 3, {.eigenvalues = 2}).eigenvalues.norm() == 0);
}

TEST_CASE("products by differences of gradients are those of the Hessian") {
  // f = sum_i exp(x_i) + x_0 x_1^2
  const auto gradient = [](const Vector<double>& x) {
    Vector<double> result = x.array().exp();
    result[0] += x[1] * x[1];
    result[1] += 2 * x[0] * x[1];
    return result;
  };
  const Vector<double> theta{{0.3, -0.7, 1.1}};
  Matrix<double> hessian = Vector<double>(theta.array().exp()).asDiagonal();
  hessian(0, 1) += 2 * theta[1];
  hessian(1, 0) += 2 * theta[1];
  hessian(1, 1) += 2 * theta[0];
  const auto product = hessian_product(gradient, theta);
  const Vector<double> v{{2, -1, 0.5}};
  CHECK((product(v) - hessian * v).norm() < 1e-7);
  CHECK((product(Vector<double>(1e6 * v)) - 1e6 * hessian * v).norm() < 0.1);
  CHECK(product(Vector<double>::Zero(3)).norm() == 0);
  const Curvature found = leading_curvature(product, 3, {.eigenvalues = 3});
  const Eigen::SelfAdjointEigenSolver<Matrix<double>> solver(hessian);
  CHECK(found.eigenvalues.sum() == Approx(hessian.trace()).epsilon(1e-7));
  CHECK(found.eigenvalues[0] == Approx(solver.eigenvalues()[2]).epsilon(1e-7));
}

TEST_CASE("impossible options and products that are not finite are refused in words") {
  const auto product = [](const Vector<double>& v) { return Vector<double>(v / 0.0); };
  CHECK_THROWS_AS(leading_curvature(product, 4, {.eigenvalues = 2}), std::runtime_error);
  CHECK_THROWS_AS(leading_curvature(product, 4, {.eigenvalues = 5}), std::invalid_argument);
  CHECK_THROWS_AS(leading_curvature(product, 4, {.eigenvalues = 3, .iterations = 2}), std::invalid_argument);
}
