// SPDX-License-Identifier: MIT
#include "vantage/optim/schedule.hpp"

#include <stdexcept>

#include "catch.hpp"

using vantage::Schedule;

TEST_CASE("a number is a constant schedule") {
  const Schedule rate = 0.25;
  CHECK(rate(0) == 0.25);
  CHECK(rate(1000000) == 0.25);
}

TEST_CASE("a linear schedule reaches its end and stays there") {
  const Schedule rate = Schedule::linear(2, 1, 4);
  CHECK(rate(0) == 2);
  CHECK(rate(1) == 1.75);
  CHECK(rate(3) == 1.25);
  CHECK(rate(4) == 1);
  CHECK(rate(5) == 1);
  // the last value is exact although 0.3 - (0.3 - 0.1) is not 0.1
  CHECK(Schedule::linear(0.3, 0.1, 3)(3) == 0.1);
  CHECK_THROWS_AS(Schedule::linear(1, 0, 0), std::invalid_argument);
}

TEST_CASE("exponential schedules decay by factor or half-life") {
  const Schedule factor = Schedule::exponential(8, 0.5);
  CHECK(factor(0) == 8);
  CHECK(factor(1) == 4);
  CHECK(factor(5) == 0.25);
  const Schedule half = Schedule::half_life(8, 10);
  CHECK(half(0) == 8);
  CHECK(half(10) == 4);
  CHECK(half(30) == 1);
  CHECK(half(5) == Approx(5.656854249492381).epsilon(1e-15));
  CHECK_THROWS_AS(Schedule::exponential(1, 0), std::invalid_argument);
  CHECK_THROWS_AS(Schedule::half_life(1, 0), std::invalid_argument);
}
