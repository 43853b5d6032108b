// SPDX-License-Identifier: MIT
#include "vantage/tabular/value_table.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("a value table answers one-hot states, in either precision") {
  const ValueTable table{Vector<double>{{1.5, -2, 0.25}}};
  Context context;
  const Matrix<double> states{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}};
  Vector<double> values(3);
  table.predict(states, context, values);
  CHECK(values == Vector<double>{{-2, 0.25, 1.5}});
  Matrix<float> single = states.cast<float>();
  Vector<float> out = Vector<float>::Constant(5, 7);
  table.predict(single.leftCols(2), context, out.head(2));
  CHECK(out == Vector<float>{{-2, 0.25, 7, 7, 7}});
}
