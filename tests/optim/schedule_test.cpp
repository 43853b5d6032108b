// SPDX-License-Identifier: MIT
#include "vantage/optim/schedule.hpp"

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "catch.hpp"

using vantage::Schedule;

TEST_CASE("a number is a constant schedule") {
  const Schedule rate = 0.25;
  for (const double share : {0.0, 0.3, 1.0}) CHECK(rate(share) == 0.25);
  CHECK(rate.is_always(0.25));
  CHECK_FALSE(rate.is_always(0));
}

TEST_CASE("a linear schedule begins and ends where it says") {
  const Schedule rate = Schedule::linear(2, 1);
  CHECK(rate(0.0) == 2);
  CHECK(rate(0.25) == 1.75);
  CHECK(rate(0.75) == 1.25);
  CHECK(rate(1.0) == 1);
  // the last value is exact although 0.3 - (0.3 - 0.1) is not 0.1
  CHECK(Schedule::linear(0.3, 0.1)(1.0) == 0.1);
  // a range that a difference does not have
  CHECK(Schedule::linear(-1.7e308, 1.7e308)(0.5) == 0);
  CHECK_FALSE(Schedule::linear(0, 1).is_always(0));
  CHECK(Schedule::linear(0, 0).is_always(0));
}

TEST_CASE("a geometric schedule falls by the same factor in equal shares") {
  const Schedule rate = Schedule::geometric(8, 0.5);
  CHECK(rate(0.0) == 8);
  CHECK(rate(0.25) == Approx(4).epsilon(1e-15));
  CHECK(rate(0.5) == Approx(2).epsilon(1e-15));
  CHECK(rate(1.0) == 0.5);
  CHECK(Schedule::geometric(1e-300, 1e300)(0.5) == Approx(1).epsilon(1e-12));
  for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    CHECK_THROWS_AS(Schedule::geometric(bad, 1), std::invalid_argument);
    CHECK_THROWS_AS(Schedule::geometric(1, bad), std::invalid_argument);
  }
}

TEST_CASE("a function of the share is a schedule") {
  const Schedule rate = [](double share) { return share < 0.5 ? 1.0 : 0.25; };
  CHECK(rate(0.0) == 1);
  CHECK(rate(0.5) == 0.25);
  CHECK_FALSE(rate.is_always(1));
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): a copy is the question
  const Schedule copy = rate;
  CHECK(copy(0.9) == 0.25);
  const Schedule cosine = static_cast<double (*)(double)>(std::cos);
  CHECK(cosine(0.0) == 1);
}

TEST_CASE("what is no share of a run is refused") {
  // a number of steps does not compile
  static_assert(!std::invocable<const Schedule&, std::int64_t> && !std::invocable<const Schedule&, int>);
  for (const double share : {-1e-9, 1.0001, std::nan("")}) {
    CHECK_THROWS_AS(Schedule(1.0)(share), std::invalid_argument);
  }
}

TEST_CASE("a value that leaves its bounds at any time is refused, and the error says when") {
  using Catch::Matchers::Equals;
  const auto validate = [](const Schedule& rate) { rate.validate("Somebody", "rate >= 0"); };
  CHECK_NOTHROW(validate(0));
  CHECK_NOTHROW(validate(Schedule::linear(1, 0)));
  CHECK_NOTHROW(validate([](double share) { return 1 - share; }));
  CHECK_THROWS_WITH(validate(-1), Equals("Somebody: expected rate >= 0, got -1"));
  CHECK_THROWS_WITH(validate(Schedule::linear(1, -1)),
                    Equals("Somebody: expected rate >= 0, got -1 after a share 1 of the run"));
  CHECK_THROWS_WITH(validate([](double share) { return share > 0.5 ? -2.0 : 1.0; }),
                    Equals("Somebody: expected rate >= 0, got -2 after a share 0.515625 of the run"));
  for (const double bad : {std::nan(""), HUGE_VAL}) {
    CHECK_THROWS_AS(validate(bad), std::invalid_argument);
    CHECK_THROWS_AS(validate(Schedule::linear(1, bad)), std::invalid_argument);
    CHECK_THROWS_AS(validate(Schedule::linear(bad, 1)), std::invalid_argument);
    CHECK_THROWS_AS(validate([bad](double) { return bad; }), std::invalid_argument);
  }
  // bounds are the owner's
  CHECK_NOTHROW(Schedule(-1).validate("Somebody", "a number", -2, 2));
  CHECK_NOTHROW(Schedule(HUGE_VAL).validate("Somebody", "a number", 0, std::numeric_limits<double>::infinity()));
  CHECK_THROWS_AS(Schedule(3).validate("Somebody", "a number", -2, 2), std::invalid_argument);
}

TEST_CASE("what a function hides between the shares it was tried at is refused when it comes") {
  const Schedule rate = [](double share) { return share == 0.123 ? -1.0 : 1.0; };
  CHECK_NOTHROW(rate.validate("Somebody", "rate >= 0"));
  CHECK(rate.at(0.1, "Somebody", "rate >= 0") == 1);
  CHECK_THROWS_AS(rate.at(0.123, "Somebody", "rate >= 0"), std::invalid_argument);
}
