// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/value_step_constants.hpp"

#include <numbers>

#include "catch.hpp"
#include "vantage/diagnostics/lyapunov.hpp"
#include "vantage/tabular/doubling_map.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

TEST_CASE("the doubling map's objective moves as its exponents say, by a factor in closed form") {
  const DoublingMap world({.gamma = 0.7, .steps = 30});
  const double alpha = LyapunovReport{{DoublingMap::lyapunov_exponent(), 0, {}}}.hoelder_exponent(0.7);
  CHECK(alpha == Approx(world.hoelder_exponent()).epsilon(1e-15));
  const Interval window = rough_distances(DoublingMap::lyapunov_exponent(), 30, 0.1);
  const HoelderReport report = hoelder_exponent([&](double theta) { return world.objective(theta); },
                                                {.distances = {1e3 * window.low, 0.01}, .scales = 8, .points = 4000});
  // over a uniform theta the frequencies 2^t - 1 do not mix: S2(h) = sum gamma^2t (1 - cos 2 pi (2^t - 1) h)
  const auto exact = [&](double h) {
    double sum = 0;
    for (int t = 0; t < 30; ++t) {
      sum += std::pow(0.49, t) * (1 - std::cos(2 * std::numbers::pi * (std::exp2(t) - 1) * h));
    }
    return sum;
  };
  double logs = 0;
  for (const double h : report.distances) logs += (0.5 * std::log(exact(h)) - alpha * std::log(h)) / 8;
  const HoelderConstant k1 = hoelder_constant(report, alpha);
  CHECK(k1.value == Approx(std::exp(logs)).epsilon(0.02));
  // the law holds over the whole window, but for the steps of a lacunary series
  CHECK(k1.range.contains(k1.value));
  CHECK(k1.range.high < 1.3 * k1.range.low);
  CHECK_THROWS_AS(hoelder_constant(report, 0), std::invalid_argument);
  CHECK_THROWS_AS(hoelder_constant(HoelderReport{}, 1), std::invalid_argument);
}

TEST_CASE("what a value step gains: a quadratic loss under gradient descent and under Adam") {
  // V = w' x + b at one state: a step of descent on (V - T)^2 takes 2 beta (|x|^2 + 1) of the error, one of Adam, which
  // moves each parameter by beta, beta (|x|_1 + 1)
  const Matrix<double> x{{0.5}, {-2}};
  const Vector<double> target{{7}};
  constexpr double kRate = 1e-3;
  Context context;
  ValueNetwork<double> value(2, {.hidden = {}}, context.rng());
  value.parameters() << 0.3, 0.1, 1;
  const double error = 7 - (0.15 - 0.2 + 1);
  const auto constant = [&](const OptimizerOptions& optimizer, Index steps) {
    ValueNetwork<double> copy = value;
    ValueRegression<double> regression({.steps = steps, .optimizer = optimizer});
    return value_step_constant(regression(copy, x, target, context), kRate);
  };
  CHECK(constant(SgdOptions{.learning_rate = kRate}, 1) == Approx(2 * 5.25 * error).epsilon(1e-9));
  const double after_ten = error * std::pow(1 - 2 * kRate * 5.25, 10);
  CHECK(constant(SgdOptions{.learning_rate = kRate}, 10) == Approx((error - after_ten) / (10 * kRate)).epsilon(1e-9));
  // the paper's law: as many steps, as far
  for (const Index steps : {1, 10}) {
    CHECK(constant(AdamOptions{.learning_rate = kRate}, steps) == Approx(3.5).epsilon(1e-3));
  }
  CHECK_THROWS_AS(value_step_constant({}, kRate), std::invalid_argument);
  CHECK_THROWS_AS(value_step_constant({.steps = 1}, 0), std::invalid_argument);
  CHECK(value_step_constant({.steps = 2, .error_before = 1, .error_after = 2}, 0.5) == -1);
}
