// SPDX-License-Identifier: MIT
#include "vantage/policy/log_std_bounds.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("the map stays inside its bounds, rises, and is undone") {
  const LogStdBounds bounds{-3, 1};
  CHECK(bounds.log_std(0.0) == -1);
  CHECK(bounds.log_std(40.0) == 1);
  CHECK(bounds.log_std(-40.0) == -3);
  CHECK(bounds.log_std(-40.0F) == -3);
  for (const double l : {-2.9, -1.5, -1.0, 0.3, 0.99}) CHECK(bounds.log_std(bounds.parameter(l)) == Approx(l));
  for (const double u : {-2.0, -0.3, 0.0, 0.8, 3.0}) {
    const double h = 1e-6;
    const double slope = (bounds.log_std(u + h) - bounds.log_std(u - h)) / (2 * h);
    CHECK(bounds.slope(u) == Approx(slope).epsilon(1e-7));
  }
}
