// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/student.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("Student's t where it is known in closed form") {
  for (const double t : {0.0, 0.3, 1.0, 7.0}) {
    CHECK(student_within(t, 1) == Approx(2 / std::numbers::pi * std::atan(t)).margin(1e-15));
    CHECK(student_within(t, 2) == Approx(t / std::sqrt(2 + t * t)).margin(1e-15));
    // one of many degrees is normal, up to O(1 / degrees)
    CHECK(student_within(t, 200000) == Approx(std::erf(t / std::numbers::sqrt2)).margin(1e-5));
  }
}

TEST_CASE("Student's t is the integral of its density") {
  for (const Index degrees : {3, 4, 9, 10, 31}) {
    const auto n = static_cast<double>(degrees);
    const double scale = 2 * std::exp(std::lgamma((n + 1) / 2) - std::lgamma(n / 2)) / std::sqrt(n * std::numbers::pi);
    // Simpson's rule on [0, 2]
    double sum = 0;
    constexpr int kSteps = 2000;
    for (int i = 0; i <= kSteps; ++i) {
      const double t = 2.0 * i / kSteps;
      sum += (i == 0 || i == kSteps ? 1 : (i % 2 == 1 ? 4 : 2)) * std::pow(1 + t * t / n, -(n + 1) / 2);
    }
    CHECK(student_within(2, degrees) == Approx(scale * sum * 2.0 / kSteps / 3).epsilon(1e-12));
  }
}

TEST_CASE("the factor of a standard error is the inverse, and that of the tables") {
  CHECK(student_factor(0.95, 9) == Approx(2.2621571628).epsilon(1e-10));
  CHECK(student_factor(0.95, 1) == Approx(12.7062047362).epsilon(1e-10));
  CHECK(student_factor(0.99, 30) == Approx(2.7499956536).epsilon(1e-9));
  for (const Index degrees : {1, 2, 5, 100})
    CHECK(student_within(student_factor(0.8, degrees), degrees) == Approx(0.8));
  CHECK_THROWS_AS(student_factor(1, 3), std::invalid_argument);
  CHECK_THROWS_AS(student_factor(0.9, 0), std::invalid_argument);
}
