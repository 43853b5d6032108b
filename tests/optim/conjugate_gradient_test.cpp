// SPDX-License-Identifier: MIT
#include "vantage/optim/conjugate_gradient.hpp"

#include <limits>

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

namespace {

Vector<double> random_vector(Index size, std::uint64_t seed) {
  Rng rng(seed);
  Vector<double> result(size);
  for (double& x : result) x = rng.normal();
  return result;
}

// a rotation of diag(eigenvalues): two reflections of it
Matrix<double> with_eigenvalues(const Vector<double>& eigenvalues) {
  const Index n = eigenvalues.size();
  Matrix<double> rotation = Matrix<double>::Identity(n, n);
  for (const std::uint64_t seed : {1U, 2U}) {
    const Vector<double> u = random_vector(n, seed).normalized();
    rotation -= 2 * (rotation * u) * u.transpose();
  }
  return rotation * eigenvalues.asDiagonal() * rotation.transpose();
}

// the solution by elimination without pivots, which a positive definite matrix does not need
Vector<double> solve(Matrix<double> a, Vector<double> b) {
  const Index n = b.size();
  for (Index k = 0; k < n; ++k) {
    for (Index i = k + 1; i < n; ++i) {
      const double factor = a(i, k) / a(k, k);
      a.row(i) -= factor * a.row(k);
      b[i] -= factor * b[k];
    }
  }
  for (Index k = n; k-- > 0;) b[k] = (b[k] - a.row(k).tail(n - k - 1).dot(b.tail(n - k - 1))) / a(k, k);
  return b;
}

template <class S>
auto product_with(const Matrix<S>& a) {
  return [&a](const Vector<S>& p, Vector<S>& out) { out = a * p; };
}

}  // namespace

TEST_CASE("n iterations solve a system of n unknowns") {
  const Vector<double> eigenvalues{{0.5, 1, 1.7, 2, 3.1, 4, 7, 9}};
  const Matrix<double> a = with_eigenvalues(eigenvalues);
  const Vector<double> b = random_vector(8, 3);
  const Vector<double> expected = solve(a, b);
  REQUIRE((a * expected - b).norm() < 1e-12);
  Vector<double> x = Vector<double>::Constant(3, 5);  // what it held before does not count
  ConjugateGradient<double> solver({.iterations = 8, .tolerance = 0});
  for (int again = 0; again < 2; ++again) {
    const ConjugateGradientReport report = solver(b, product_with(a), x);
    CHECK((x - expected).norm() < 1e-10);
    CHECK(report.iterations == 8);
    CHECK(report.residual < 1e-10);
    CHECK(report.curvature == Approx(expected.dot(b)).epsilon(1e-10));
    CHECK_FALSE(report.breakdown);
  }
}

TEST_CASE("as many iterations as there are distinct eigenvalues") {
  const Matrix<double> a = with_eigenvalues(Vector<double>{{1, 1, 1, 4, 4, 4, 4, 9, 9, 9}});
  const Vector<double> b = random_vector(10, 4);
  Vector<double> x;
  const ConjugateGradientReport report =
      ConjugateGradient<double>({.iterations = 10, .tolerance = 1e-20})(b, product_with(a), x);
  CHECK(report.iterations == 3);
  CHECK((a * x - b).norm() < 1e-10);
}

TEST_CASE("what is reported of an unfinished solve is so") {
  const Matrix<double> a = with_eigenvalues(Vector<double>::LinSpaced(20, 0.1, 50));
  const Vector<double> b = random_vector(20, 5);
  const double exact = solve(a, b).dot(b);
  Vector<double> x;
  double least = 0;
  for (const Index iterations : {1, 3, 6}) {
    const ConjugateGradientReport report = ConjugateGradient<double>({.iterations = iterations})(b, product_with(a), x);
    CHECK(report.iterations == iterations);
    CHECK(report.residual == Approx((a * x - b).norm() / b.norm()).epsilon(1e-9));
    CHECK(report.residual > 1e-3);
    CHECK(report.curvature == Approx(x.dot(a * x)).epsilon(1e-9));
    // each iteration maximises b'x - x'Ax / 2 over a larger space: there b'x = x'Ax grows up to its bound
    CHECK(x.dot(b) == Approx(report.curvature).epsilon(1e-9));
    CHECK(x.dot(b) > least);
    CHECK(x.dot(b) < exact);
    least = x.dot(b);
  }
  // the first iterate lies along b, at the least of the quadratic on that line
  ConjugateGradient<double>({.iterations = 1})(b, product_with(a), x);
  CHECK((x - b.squaredNorm() / b.dot(a * b) * b).norm() < 1e-12);
}

TEST_CASE("the tolerance ends a solve, and does not depend on the scale") {
  const Matrix<double> a = with_eigenvalues(Vector<double>::LinSpaced(20, 1, 30));
  const Vector<double> b = random_vector(20, 6);
  Vector<double> x;
  ConjugateGradient<double> solver({.iterations = 100, .tolerance = 1e-4});
  const Index iterations = solver(b, product_with(a), x).iterations;
  CHECK(iterations < 20);
  CHECK((a * x - b).squaredNorm() <= 1.0001e-4 * b.squaredNorm());
  // one iteration less is not enough
  ConjugateGradient<double>({.iterations = iterations - 1, .tolerance = 0})(b, product_with(a), x);
  CHECK((a * x - b).squaredNorm() > 1e-4 * b.squaredNorm());
  CHECK(solver(1e-9 * b, product_with(a), x).iterations == iterations);
}

TEST_CASE("directions that curve the wrong way end the solve with what was found") {
  Vector<double> x;
  const Vector<double> b{{1, 1}};
  const auto solve_with = [&](const Matrix<double>& a) {
    return ConjugateGradient<double>()(b, product_with<double>(a), x);
  };
  // b'Ab < 0, = 0
  CHECK(solve_with(Matrix<double>{{1, 0}, {0, -3}}).breakdown);
  CHECK(x == Vector<double>::Zero(2));
  CHECK(solve_with(Matrix<double>{{1, 0}, {0, -1}}).breakdown);
  CHECK(x == Vector<double>::Zero(2));
  // b'Ab > 0, the second direction curves the wrong way: x is the first iterate
  const ConjugateGradientReport report = solve_with(Matrix<double>{{4, 0}, {0, -1}});
  CHECK(report.breakdown);
  CHECK(report.iterations == 1);
  CHECK((x - b * 2 / 3).norm() < 1e-14);
  CHECK(report.curvature == Approx(4.0 / 3));
}

TEST_CASE("a singular system with a solution is solved, without one it ends") {
  // a categorical policy's Fisher matrix has null vectors, but its gradient has no part along them
  const Matrix<double> a{{1, -1}, {-1, 1}};
  Vector<double> x;
  ConjugateGradientReport report = ConjugateGradient<double>()(Vector<double>{{1, -1}}, product_with(a), x);
  CHECK((x - Vector<double>{{0.5, -0.5}}).norm() < 1e-14);
  CHECK(report.iterations == 1);
  CHECK_FALSE(report.breakdown);
  report = ConjugateGradient<double>()(Vector<double>{{1, 1}}, product_with(a), x);
  CHECK(report.breakdown);
  CHECK(x.norm() == 0);
}

TEST_CASE("nothing to solve, and numbers that are none") {
  const Matrix<double> a = Matrix<double>::Identity(2, 2);
  Vector<double> x;
  const auto never = [](const Vector<double>&, Vector<double>&) { FAIL("a product of a zero vector"); };
  for (const double tolerance : {0.0, 1e-10}) {
    const ConjugateGradientReport report =
        ConjugateGradient<double>({.tolerance = tolerance})(Vector<double>::Zero(2), never, x);
    CHECK(x == Vector<double>::Zero(2));
    CHECK(report.iterations == 0);
    CHECK(report.residual == 0);
    CHECK(report.curvature == 0);
    CHECK_FALSE(report.breakdown);
  }
  // r = 0 after one iteration, with no tolerance to catch it
  CHECK(ConjugateGradient<double>({.tolerance = 0})(Vector<double>{{3, 4}}, product_with(a), x).iterations == 1);
  CHECK(x == Vector<double>{{3, 4}});

  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(ConjugateGradient<double>()(Vector<double>{{1, nan}}, product_with(a), x).breakdown);
  CHECK(x == Vector<double>::Zero(2));
  const Matrix<double> broken{{1, nan}, {nan, 1}};
  CHECK(ConjugateGradient<double>()(Vector<double>{{1, 1}}, product_with(broken), x).breakdown);
  CHECK(x == Vector<double>::Zero(2));
}

TEST_CASE("single precision comes as near as its numbers allow") {
  const Matrix<double> a = with_eigenvalues(Vector<double>::LinSpaced(50, 0.1, 10));
  const Vector<double> b = random_vector(50, 7);
  const Matrix<float> a_single = a.cast<float>();
  const Vector<float> b_single = b.cast<float>();
  Vector<double> x;
  Vector<float> x_single;
  const auto expected = ConjugateGradient<double>()(b, product_with(a), x);
  const auto report = ConjugateGradient<float>()(b_single, product_with(a_single), x_single);
  CHECK((x_single.cast<double>() - x).norm() < 1e-5 * x.norm());
  CHECK(report.curvature == Approx(expected.curvature).epsilon(1e-5));
  CHECK(report.residual == Approx(expected.residual).epsilon(1e-3));
  // the squares of these numbers are too small for single precision
  const Vector<float> tiny = 1e-22F * b_single;
  CHECK(ConjugateGradient<float>()(tiny, product_with(a_single), x_single).iterations == 10);
  CHECK((1e22 * x_single.cast<double>() - x).norm() < 1e-5 * x.norm());
}

TEST_CASE("impossible options are refused") {
  CHECK_THROWS_AS(ConjugateGradient<double>({.iterations = 0}), std::invalid_argument);
  CHECK_THROWS_AS(ConjugateGradient<double>({.tolerance = -1}), std::invalid_argument);
  CHECK_THROWS_AS(ConjugateGradient<double>({.tolerance = std::nan("")}), std::invalid_argument);
}
