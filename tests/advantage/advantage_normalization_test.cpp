// SPDX-License-Identifier: MIT
#include "vantage/advantage/advantage_normalization.hpp"

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

TEST_CASE("normalised advantages have mean 0 and deviation 1, in their order") {
  Rng rng(1);
  Vector<double> advantages(101);
  for (double& a : advantages) a = 3 + 20 * rng.normal();
  const Vector<double> before = advantages;
  normalize_advantages(advantages);
  double sum = 0, squares = 0;
  for (const double a : advantages) {
    sum += a;
    squares += a * a;
  }
  CHECK(std::abs(sum / 101) < 1e-14);
  CHECK(squares / 101 == Approx(1).epsilon(1e-8));
  // one straight line through all
  const double slope = (advantages[1] - advantages[0]) / (before[1] - before[0]);
  CHECK(slope > 0);
  for (Index n = 1; n < 101; ++n) CHECK(advantages[n] - advantages[0] == Approx(slope * (before[n] - before[0])));
}

TEST_CASE("the deviation is over N, and a small number keeps it from 0") {
  Vector<double> two{{1, 3}};
  normalize_advantages(two);
  CHECK(two[0] == Approx(-1 / (1 + 1e-8)).epsilon(1e-15));
  Vector<double> close{{0, 2e-8}};
  normalize_advantages(close);
  CHECK(close[1] == Approx(0.5));
}

TEST_CASE("of equal advantages nothing is left, in single precision too") {
  Vector<float> equal = Vector<float>::Constant(1000, 0.1F);
  normalize_advantages(equal);
  CHECK(equal.cwiseAbs().maxCoeff() < 1e-6F);
}
