// SPDX-License-Identifier: MIT
#include "vantage/epvf/weight_clip.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("weights end at the bound itself, and those inside stay as they are") {
  const float bound = 0.1F, inside = std::nextafter(bound, 0.0F), outside = std::nextafter(bound, 1.0F);
  Vector<float> weights(9);
  weights << -7, -outside, -bound, -inside, 0, inside, bound, outside, std::numeric_limits<float>::infinity();
  Vector<float> expected(9);
  expected << -bound, -bound, -bound, -inside, 0, inside, bound, bound, bound;
  const WeightClip clip;
  CHECK(boundary_share(clip, weights) == Approx(6 / 9.0));
  clip_weights(clip, weights);
  CHECK(weights == expected);
  CHECK(boundary_share(clip, weights) == Approx(6 / 9.0));
}

TEST_CASE("without a bound nothing is clipped or at it") {
  Vector<double> weights = Vector<double>::LinSpaced(5, -100, 100);
  const Vector<double> before = weights;
  clip_weights({.bound = 0}, weights);
  CHECK(weights == before);
  CHECK(boundary_share({.bound = 0}, weights) == 0);
  CHECK(boundary_share({}, Vector<double>()) == 0);
}

TEST_CASE("what is not a number is not hidden by the clip") {
  Vector<double> weights = Vector<double>::Constant(1, std::numeric_limits<double>::quiet_NaN());
  clip_weights({}, weights);
  CHECK(std::isnan(weights[0]));
}

TEST_CASE("a matrix of policies is clipped, also a block of it in half precision") {
  const Matrix<double> drawn = Matrix<double>::Random(30, 50);
  Matrix<double> wide = drawn;
  clip_weights({.bound = 0.3}, wide);
  CHECK(wide == drawn.cwiseMax(-0.3).cwiseMin(0.3));

  Matrix<Eigen::half> halves = drawn.cast<Eigen::half>();
  const Matrix<float> before = halves.cast<float>();
  clip_weights({.bound = 0.25}, halves.middleCols(10, 20));
  const Matrix<float> after = halves.cast<float>();
  CHECK(after.leftCols(10) == before.leftCols(10));
  CHECK(after.rightCols(20) == before.rightCols(20));
  CHECK(after.middleCols(10, 20) == before.middleCols(10, 20).cwiseMax(-0.25F).cwiseMin(0.25F));
}

TEST_CASE("a negative bound is refused") {
  CHECK_THROWS_AS(validate(WeightClip{.bound = -0.1}), std::invalid_argument);
  CHECK_NOTHROW(validate(WeightClip{.bound = 0}));
}
