// SPDX-License-Identifier: MIT
#include "vantage/tabular/solve_linear.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("linear equations with two right sides") {
  // 2 x + y = 3, x - y = 0 and 2 x + y = 5, x - y = 4
  const Matrix<double> x = solve_linear(Matrix<double>{{2, 1}, {1, -1}}, Matrix<double>{{3, 5}, {0, 4}});
  CHECK((x - Matrix<double>{{1, 3}, {1, -1}}).norm() < 1e-15);
}
