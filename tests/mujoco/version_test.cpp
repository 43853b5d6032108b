// SPDX-License-Identifier: MIT
#include "vantage/mujoco/version.hpp"

#include "catch.hpp"

using namespace vantage::mujoco;

TEST_CASE("version: both numberings are written out") {
  CHECK(version_text(222) == "2.2.2");
  CHECK(version_text(340) == "3.4.0");
  CHECK(version_text(3005000) == "3.5.0");
  CHECK(version_text(3017000) == "3.17.0");
  CHECK(version_text(4000001) == "4.0.1");
}

TEST_CASE("version: a foreign library and the faulty 4.0.0 are refused") {
  CHECK_NOTHROW(check_version());
  CHECK_THROWS_WITH(check_version(337, 222),
                    Catch::Matchers::ContainsSubstring("against 2.2.2, but the library is 3.3.7"));
  CHECK_THROWS_WITH(check_version(4000000, 4000000), Catch::Matchers::ContainsSubstring("4.0.0"));
}
