// SPDX-License-Identifier: MIT
#include "vantage/tabular/lyapunov_equation.hpp"

#include <string>

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

TEST_CASE("the solution satisfies its equation and is the sum of its series") {
  Rng rng(1);
  for (int i = 0; i < 50; ++i) {
    const Index n = 1 + static_cast<Index>(rng.below(5));
    Matrix<double> f(n, n);
    Matrix<double> q(n, n);
    for (double& x : f.reshaped()) x = rng.normal();
    for (double& x : q.reshaped()) x = rng.normal();
    f *= rng.uniform(0.05, 0.98) / f.norm();
    const Matrix<double> p = solve_lyapunov("test", f, q);
    CHECK((p - q - f.transpose() * p * f).norm() < 1e-12 * p.norm());
    Matrix<double> sum = Matrix<double>::Zero(n, n);
    Matrix<double> power = Matrix<double>::Identity(n, n);
    for (int t = 0; t < 2000; ++t) {
      sum += power.transpose() * q * power;
      power = power * f;
    }
    CHECK((p - sum).norm() < 1e-11 * p.norm());
  }
}

TEST_CASE("the solution is found right up to the edge of stability, and not beyond") {
  const auto solve = [](double f) { return solve_lyapunov("Who", Matrix<double>{{f}}, Matrix<double>{{1}})(0, 0); };
  CHECK(solve(0) == 1);
  CHECK(solve(0.999999) == Approx(1 / (1 - 0.999999 * 0.999999)).epsilon(1e-9));
  CHECK_THROWS_AS(solve(1), std::invalid_argument);
  CHECK_THROWS_AS(solve(-1.001), std::invalid_argument);
  CHECK_THROWS_AS(solve(1e200), std::invalid_argument);
  CHECK_THROWS_WITH(solve(2), Catch::Matchers::ContainsSubstring("Who: expected"));
  // a shear grows before it shrinks
  const Matrix<double> shear{{0.5, 100}, {0, 0.5}};
  CHECK(solve_lyapunov("Who", shear, Matrix<double>::Identity(2, 2)).allFinite());
}
