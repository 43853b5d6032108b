// SPDX-License-Identifier: MIT
#include "vantage/nn/transpose.hpp"

#include "catch.hpp"

namespace {

using namespace vantage;

template <class S>
void check_transpose() {
  for (const Index rows : {1, 2, 4, 5, 16, 17, 33, 64}) {
    for (const Index columns : {1, 3, 8, 15, 16, 40, 64}) {
      const Matrix<S> a = Matrix<S>::Random(rows, columns);
      Matrix<S> result(columns, rows);
      transpose<S>(rows, columns, a.data(), result.data());
      CHECK(result == a.transpose());
    }
  }
}

}  // namespace

TEST_CASE("a transpose is exact for every tail") {
  SECTION("float") { check_transpose<float>(); }
  SECTION("double") { check_transpose<double>(); }
}
