// SPDX-License-Identifier: MIT
#include "vantage/core/single_precision.hpp"

#include <array>
#include <limits>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("numbers are rounded to single precision, ties to even") {
  CHECK(rounded_to_single(0.1) == 0.100000001490116119384765625);
  CHECK(rounded_to_single(1 + 0x1p-24) == 1);
  CHECK(rounded_to_single(1 + 3 * 0x1p-24) == 1 + 0x1p-22);
  CHECK(rounded_to_single(-0.5) == -0.5);
  CHECK(rounded_to_single(1e300) == std::numeric_limits<double>::infinity());
}

TEST_CASE("a row of numbers is rounded too, where a compiler may vectorise it") {
  std::array<double, 4> row{0.1, 0.2, -0.3, 0.7};
  for (double& x : row) x = rounded_to_single(x / 3);
  const std::array<double, 4> expected{0x1.1111120000000p-5, 0x1.1111120000000p-4, -0x1.99999a0000000p-4,
                                       0x1.dddddep-3};
  CHECK(row == expected);
}
