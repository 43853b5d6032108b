// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/slope_quality.hpp"

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

namespace {

constexpr Index kParameters = 400;

// R estimates of N policies of a slope of length one along the first parameter, with the noise scale B
Matrix<double> simulated(Index repeats, double scale, Index policies, Rng& rng) {
  const double noise = std::sqrt(scale / static_cast<double>(policies * kParameters));
  Matrix<double> slopes(kParameters, repeats);
  for (double& entry : slopes.reshaped()) entry = noise * rng.normal();
  slopes.row(0).array() += 1;
  return slopes;
}

// at this cosine to that slope
Vector<double> at_cosine(double cosine) {
  Vector<double> slope = Vector<double>::Zero(kParameters);
  slope[0] = 3 * cosine;
  slope[7] = 3 * std::sqrt(1 - cosine * cosine);
  return slope;
}

}  // namespace

TEST_CASE("the cosine of a value's slope is that to the true one, whatever the noise of the reference") {
  Rng rng(3);
  constexpr double kScale = 300;
  constexpr int kTrials = 200;
  // a reference of 1000 policies, whose noise alone would make the cosine 0.88 of what it is
  double value = 0, population = 0, pairwise = 0, correction = 0;
  int covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const SlopeQuality quality = slope_quality(simulated(10, kScale, 100, rng), 100, at_cosine(0.6));
    value += quality.value.value / kTrials;
    population += quality.population / kTrials;
    pairwise += quality.pairwise.value / kTrials;
    correction += quality.correction / kTrials;
    covered += quality.value.interval.low <= 0.6 && 0.6 <= quality.value.interval.high ? 1 : 0;
  }
  CHECK(value == Approx(0.6).epsilon(0.01));
  CHECK(correction == Approx(std::sqrt(1.3)).epsilon(0.01));
  CHECK(population == Approx(0.5).epsilon(0.02));
  CHECK(pairwise == Approx(0.25).epsilon(0.03));
  // 190 of 200, less four deviations
  CHECK(covered >= 178);
}

TEST_CASE("slopes that are exact leave nothing to correct, and lengths do not matter") {
  Matrix<double> slopes = Matrix<double>::Zero(kParameters, 4);
  slopes.row(0).setConstant(2);
  const SlopeQuality quality = slope_quality(slopes, 8, at_cosine(-0.3));
  CHECK(quality.value.value == Approx(-0.3));
  CHECK(quality.value.standard_error == Approx(0).margin(1e-12));
  CHECK(quality.pairwise.value == Approx(1));
  CHECK(quality.noise_scale == 0);
  CHECK(quality.population == 1);
  CHECK(quality.correction == 1);
  CHECK(slope_quality(slopes, 8, 1e6 * at_cosine(-0.3)).value.value == Approx(-0.3));
}

TEST_CASE("where no signal is seen there is no cosine") {
  // two pairs of opposite slopes: their mean is none
  Matrix<double> slopes = Matrix<double>::Zero(kParameters, 4);
  slopes.row(0) << 1, -1, 0, 0;
  slopes.row(1) << 0, 0, 1, -1;
  const SlopeQuality quality = slope_quality(slopes, 8, at_cosine(0.5));
  CHECK(std::isinf(quality.noise_scale));
  CHECK(quality.population == 0);
  CHECK(std::isnan(quality.value.value));
  CHECK(std::isnan(quality.value.interval.low));
}

TEST_CASE("slopes that do not fit are refused") {
  Rng rng(1);
  const Matrix<double> slopes = simulated(3, 10, 10, rng);
  CHECK_THROWS_WITH(slope_quality(slopes, 10, Vector<double>::Ones(3)),
                    Catch::Matchers::Contains("a slope as long as"));
  CHECK_THROWS_WITH(slope_quality(slopes, 10, 0 * at_cosine(1)), Catch::Matchers::Contains("that is not zero"));
  CHECK_THROWS_AS(slope_quality(slopes.leftCols(2), 10, at_cosine(1)), std::invalid_argument);
  CHECK_THROWS_AS(slope_quality(slopes, 0, at_cosine(1)), std::invalid_argument);
}
