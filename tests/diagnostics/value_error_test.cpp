// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/value_error.hpp"

#include <numbers>

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

TEST_CASE("errors of values by hand") {
  // errors 1, -1, 2, 0.5 of targets 2, 4, -1, 0
  const ValueError error = value_error(Vector<double>{{3, 3, 1, 0.5}}, Vector<double>{{2, 4, -1, 0}});
  CHECK(error.mean_relative == Approx((0.5 + 0.25 + 2) / 3).epsilon(1e-15));
  CHECK(error.median_relative == 0.5);
  CHECK(error.total_relative == Approx(4.5 / 7).epsilon(1e-15));
  CHECK(error.zero_targets == 1);
  // mean of T 1.25, its variance (0.5625 + 7.5625 + 5.0625 + 1.5625) / 4
  CHECK(error.normalized_rmse == Approx(std::sqrt(6.25 / 4 / 3.6875)).epsilon(1e-14));
  // mean error 0.625: variance 6.25 / 4 - 0.390625
  CHECK(error.explained_variance == Approx(1 - 1.171875 / 3.6875).epsilon(1e-14));
}

TEST_CASE("an offset shows in the error and not in the explained variance, a constant explains nothing") {
  const Vector<double> targets{{1, 2, 3, 6}};
  const ValueError shifted = value_error(targets.array() + 10, targets);
  CHECK(shifted.explained_variance == 1);
  CHECK(shifted.normalized_rmse == Approx(10 / std::sqrt(3.5)).epsilon(1e-14));
  const ValueError constant = value_error(Vector<double>::Constant(4, 3), targets);
  CHECK(constant.explained_variance == Approx(0).margin(1e-15));
  CHECK(constant.normalized_rmse == Approx(1).epsilon(1e-15));
  CHECK(std::isnan(value_error(targets, Vector<double>::Zero(4)).mean_relative));
  CHECK(std::isnan(value_error(targets, Vector<double>::Ones(4)).explained_variance));
  CHECK_THROWS_AS(value_error(targets, targets.head(3)), std::invalid_argument);
}

TEST_CASE("a perfect value has an error of returns that scatter, and a larger one of their ratios") {
  // returns N(1, 0.3^2): a few near 0 rule the mean ratio, the median does not see them
  Rng rng(1);
  Vector<double> returns(400000);
  for (double& value : returns) value = 1 + 0.3 * rng.normal();
  const ValueError error = value_error(Vector<double>::Ones(returns.size()), returns);
  CHECK(error.mean_relative > 0.3);
  CHECK(error.median_relative == Approx(0.2).margin(0.02));
  CHECK(error.explained_variance == Approx(0).margin(1e-12));
  CHECK(error.total_relative == Approx(0.3 * std::sqrt(2 / std::numbers::pi)).epsilon(0.01));
}
