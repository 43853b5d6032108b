// SPDX-License-Identifier: MIT
#include "vantage/optim/gradient_clip.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("a long gradient is scaled to the limit, a short one is kept") {
  Vector<double> gradient(2);
  gradient << 3, -4;
  const Vector<double> before = gradient;
  CHECK(clip_gradient_norm(gradient, 10) == 5);
  CHECK(gradient == before);
  CHECK(clip_gradient_norm(gradient, 5) == 5);
  CHECK(gradient == before);
  CHECK(clip_gradient_norm(gradient, 2.5) == 5);
  CHECK(gradient == 0.5 * before);
}

TEST_CASE("no limit only measures") {
  Vector<float> gradient(2);
  gradient << 30, -40;
  CHECK(clip_gradient_norm(gradient, 0) == 50);
  CHECK(clip_gradient_norm(gradient, -1) == 50);
  CHECK(gradient(0) == 30);
  gradient(1) = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(clip_gradient_norm(gradient, 1)));
  CHECK(gradient(0) == 30);
}
