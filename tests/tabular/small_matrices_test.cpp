// SPDX-License-Identifier: MIT
#include "vantage/tabular/small_matrices.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("products of small matrices and their trace are those of the entries") {
  const Matrix<double> a{{1, 2, -1}, {0.5, -3, 4}};
  const Matrix<double> b{{2, 1}, {0, -1}, {3, 5}};
  CHECK(small_product(a, b) == Matrix<double>{{-1, -6}, {13, 23.5}});
  CHECK(small_product(a, b, a) == Matrix<double>{{-4, 16, -23}, {24.75, -44.5, 81}});
  CHECK(trace_of_product(a, b) == 22.5);
}
