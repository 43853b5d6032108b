// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/squared_error.hpp"

#include "catch.hpp"
#include "vantage/diagnostics/landscape.hpp"
#include "vantage/value/value_network.hpp"

using namespace vantage;

TEST_CASE("the loss of a linear value is a parabola along every line of its parameters") {
  Context context;
  Rng rng(4);
  ValueNetwork<double> value(2, {.hidden = {}}, rng);
  REQUIRE(value.parameters().size() == 3);
  const Matrix<double> inputs{{1, -2, 0.5, 3}, {0.2, 1, -1, 2}};
  const Vector<double> targets{{1, 2, -1, 0.5}};
  const LandscapePlane line{Vector<double>{{0.3, -0.4, 0.1}}, random_direction(3, 2, 5), {}};
  Landscape landscape = landscape_grid(Vector<double>::LinSpaced(5, -1, 3), Vector<double>::Zero(1), {"loss"});
  measure_landscape<double>(line, landscape, at_parameters(value, [&](const ValueNetwork<double>& at, Index) {
                              return Vector<double>::Constant(1, squared_error(at, inputs, targets, context)).eval();
                            }));
  // w x + b: the misses are affine in the position on the line
  for (Index point = 0; point < landscape.size(); ++point) {
    const Vector<double> theta = line.at<double>(landscape.x_of(point));
    double sum = 0;
    for (Index n = 0; n < 4; ++n) {
      const double miss = theta.head(2).dot(inputs.col(n)) + theta[2] - targets[n];
      sum += miss * miss / 4;
    }
    CHECK(landscape.values(point, 0) == Approx(sum).epsilon(1e-12));
  }
  CHECK_THROWS_AS(squared_error(value, inputs, Vector<double>(targets.head(3)), context), std::invalid_argument);
}
