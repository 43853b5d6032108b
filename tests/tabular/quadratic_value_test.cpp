// SPDX-License-Identifier: MIT
#include "vantage/tabular/quadratic_value.hpp"

#include <cmath>

#include "catch.hpp"

using namespace vantage;

namespace {

/// Discounted return of u = -K x + sigma noise from the environment's own steps, without using the closed form.
double rollout(const PointMassOptions& options, const Matrix<double>& gain, double gamma, const Vector<double>& start,
               int steps, double sigma = 0, std::uint64_t seed = 1) {
  PointMass world(options);
  Rng rng(seed);
  Vector<double> x(2 * options.dimensions);
  world.reset(rng, x);
  Vector<double> saved(world.state_size());
  world.save_state(saved);
  saved.head(x.size()) = start;
  world.load_state(saved);
  x = start;
  double sum = 0;
  double discount = 1;
  for (int t = 0; t < steps; ++t) {
    Vector<double> action = -gain * x;
    for (double& component : action) component += sigma * rng.normal();
    sum += discount * world.step(action, x).reward;
    discount *= gamma;
  }
  return sum;
}

}  // namespace

TEST_CASE("the closed-form value is the discounted return") {
  const PointMassOptions options{.dimensions = 2};
  const Matrix<double> gain{{0.8, 0.1, 0.5, 0}, {-0.2, 0.6, 0, 0.7}};
  const Vector<double> start{{0.3, -1.1, 0.8, 0.05}};
  for (const double gamma : {0.0, 0.5, 0.99}) {
    const double expected = quadratic_value(options, gain, gamma)(start);
    CHECK(rollout(options, gain, gamma, start, 4000) == Approx(expected).epsilon(1e-10));
  }
}

TEST_CASE("the closed-form value with noise is the mean return") {
  const PointMassOptions options{.process_noise = 0.1};
  const Matrix<double> gain{{0.8, 0.5}};
  const Vector<double> start{{0.5, -0.2}};
  const double sigma = 0.4;
  const double expected = quadratic_value(options, gain, 0.9, sigma)(start);
  double sum = 0;
  double squares = 0;
  const int runs = 4000;
  for (int run = 0; run < runs; ++run) {
    const double value = rollout(options, gain, 0.9, start, 200, sigma, static_cast<std::uint64_t>(run));
    sum += value;
    squares += value * value;
  }
  const double mean = sum / runs;
  const double error = std::sqrt((squares / runs - mean * mean) / runs);
  CHECK(std::abs(mean - expected) < 4 * error);
  // the test can see both noises
  CHECK(std::abs(quadratic_value(options, gain, 0.9)(start) - expected) > 10 * error);
  CHECK(std::abs(quadratic_value({}, gain, 0.9, sigma)(start) - expected) > 10 * error);
}

TEST_CASE("a gain whose cost diverges is refused") {
  CHECK_THROWS_AS(quadratic_value({}, Matrix<double>{{-50, -50}}, 0.99), std::invalid_argument);
  CHECK_THROWS_AS(quadratic_value({}, Matrix<double>{{1, 1}}, 1.0), std::invalid_argument);
}
