// SPDX-License-Identifier: MIT
#include "vantage/update/adaptive_rate.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "optim/round_trip.hpp"

using namespace vantage;

namespace {

const AdaptiveRateOptions kOptions{
    .target_kl = 0.01, .tolerance = 2, .factor = 1.5, .min_rate = 1e-4, .max_rate = 1e-2};

double factor_after(double mean_kl, double base_rate = 1e-3) {
  AdaptiveRate rate(kOptions);
  rate.observe(mean_kl, base_rate);
  return rate.factor();
}

}  // namespace

TEST_CASE("the rate falls after steps too far and rises after steps too short") {
  CHECK(factor_after(0.0201) == Approx(1 / 1.5).epsilon(1e-14));
  CHECK(factor_after(0.0049) == Approx(1.5).epsilon(1e-14));
  for (const double kl : {0.0051, 0.01, 0.0199}) CHECK(factor_after(kl) == 1);
  // a divergence without bound is too far; one that is not a number says nothing
  CHECK(factor_after(std::numeric_limits<double>::infinity()) == Approx(1 / 1.5).epsilon(1e-14));
  CHECK(factor_after(std::nan("")) == 1);
}

TEST_CASE("factors accumulate and the resulting rate stays in its bounds") {
  AdaptiveRate rate(kOptions);
  double expected = 1e-3;
  for (int step = 0; step < 12; ++step) {
    rate.observe(1, 1e-3);
    expected = std::max(expected / 1.5, 1e-4);
    CHECK(1e-3 * rate.factor() == Approx(expected).epsilon(1e-12));
  }
  CHECK(expected == 1e-4);
  for (int step = 0; step < 24; ++step) {
    rate.observe(0, 1e-3);
    expected = std::min(expected * 1.5, 1e-2);
    CHECK(1e-3 * rate.factor() == Approx(expected).epsilon(1e-12));
  }
  CHECK(expected == 1e-2);
  // the bounds are those of the product: a base outside is brought in
  CHECK(1.0 * factor_after(0.01, 1.0) == Approx(1e-2).epsilon(1e-12));
  CHECK(1e-9 * factor_after(0.01, 1e-9) == Approx(1e-4).epsilon(1e-12));
}

TEST_CASE("without a target, or with a rate of zero, nothing is adapted") {
  AdaptiveRate off;
  CHECK_FALSE(off.is_on());
  off.observe(100, 1e-3);
  CHECK(off.factor() == 1);
  AdaptiveRate on(kOptions);
  CHECK(on.is_on());
  on.observe(100, 0);
  CHECK(on.factor() == 1);
}

TEST_CASE("the factor is written and read") {
  AdaptiveRate one(kOptions), two(kOptions);
  one.observe(1, 1e-3);
  copy_state(one, two);
  CHECK(two.factor() == one.factor());
  CHECK(two.factor() != 1);
}

TEST_CASE("impossible options are refused") {
  CHECK_THROWS_AS(AdaptiveRate({.target_kl = -1}), std::invalid_argument);
  CHECK_THROWS_AS(AdaptiveRate({.tolerance = 0.9}), std::invalid_argument);
  CHECK_THROWS_AS(AdaptiveRate({.factor = 0.9}), std::invalid_argument);
  CHECK_THROWS_AS(AdaptiveRate({.min_rate = 0}), std::invalid_argument);
  CHECK_THROWS_AS(AdaptiveRate({.min_rate = 1, .max_rate = 0.5}), std::invalid_argument);
  CHECK_THROWS_AS(AdaptiveRate({.factor = std::nan("")}), std::invalid_argument);
}
