// SPDX-License-Identifier: MIT
#include "vantage/epvf/policy_ascent.hpp"

#include "catch.hpp"

using namespace vantage;

namespace {

struct Point {
  using Scalar = double;
  Vector<double> theta;
  Vector<double>& parameters() { return theta; }
};

// V(theta) = 3 - |theta - peak|^2
struct Hill {
  Vector<double> peak;
  double input_gradient(const Vector<double>& theta, Context&, Vector<double>& gradient) const {
    gradient = 2 * (peak - theta);
    return 3 - (theta - peak).squaredNorm();
  }
};

Vector<double> pair(double x, double y) {
  Vector<double> v(2);
  v << x, y;
  return v;
}

}  // namespace

TEST_CASE("ascent takes the optimiser's steps up the value function") {
  Context context;
  Point point{pair(0, 0)};
  PolicyAscent<double> ascent({.steps = 2, .optimizer = SgdOptions{.learning_rate = 0.25}});
  const PolicyReport report = ascent(point, Hill{pair(1, -2)}, {.bound = 0}, context);
  // each step halves the distance
  CHECK(point.theta[0] == Approx(0.75));
  CHECK(point.theta[1] == Approx(-1.5));
  CHECK(report.epochs == 2);
  CHECK(report.learning_rate == 0.25);
  CHECK(report.gradient_norm == Approx(std::sqrt(5.0)));
  CHECK(report.ascent.predicted_return == Approx(3 - 0.0625 - 0.25));
  CHECK(report.ascent.boundary_share == 0);
}

TEST_CASE("ascent is asked after each step whether it goes on") {
  Context context;
  for (const Index most : {1, 2, 5}) {
    Point point{pair(0, 0)};
    PolicyAscent<double> ascent({.steps = 3, .optimizer = SgdOptions{.learning_rate = 0.25}});
    Index asked = 0;
    const PolicyReport report = ascent(point, Hill{pair(1, -2)}, {.bound = 0}, context, 1, [&] {
      ++asked;
      CHECK(point.theta[0] == 1 - std::pow(0.5, asked));
      return asked < most;
    });
    CHECK(asked == std::min<Index>(most, 3));
    CHECK(report.epochs == asked);
    CHECK(report.ascent.predicted_return == Approx(3 - 5 * std::pow(0.25, asked)));
  }
}

TEST_CASE("ascent stays in the box, scales its rate, clips its gradient") {
  Context context;
  Point point{pair(0, 0)};
  PolicyAscent<double> ascent({.steps = 1, .optimizer = SgdOptions{.learning_rate = 0.25}});
  PolicyReport report = ascent(point, Hill{pair(1, -2)}, {.bound = 0.6}, context);
  CHECK(point.theta == pair(0.5, -0.6));
  CHECK(report.ascent.boundary_share == 0.5);

  point.theta = pair(0, 0);
  ascent(point, Hill{pair(1, -2)}, {.bound = 0.6, .centre = false}, context);
  CHECK(point.theta == pair(0.5, -1));

  point.theta = pair(0, 0);
  report = ascent(point, Hill{pair(1, -2)}, {.bound = 0}, context, 0.5);
  CHECK(point.theta == pair(0.25, -0.5));
  CHECK(report.learning_rate == 0.125);

  point.theta = pair(0, 0);
  PolicyAscent<double> short_steps({.steps = 1, .optimizer = SgdOptions{.learning_rate = 1}, .max_gradient_norm = 0.1});
  report = short_steps(point, Hill{pair(3, -4)}, {.bound = 0}, context);
  CHECK(point.theta[0] == Approx(0.06));
  CHECK(point.theta[1] == Approx(-0.08));
  CHECK(report.gradient_norm == Approx(10));
}

TEST_CASE("no steps leave the policy where it is, and say what it is worth") {
  Context context;
  Point point{pair(1, -1)};
  PolicyAscent<double> ascent({.steps = 0});
  const PolicyReport report = ascent(point, Hill{pair(1, -2)}, {.bound = 0.1}, context);
  CHECK(point.theta == pair(1, -1));
  CHECK(report.ascent.predicted_return == Approx(2));
}

TEST_CASE("ascent refuses negative options") {
  CHECK_THROWS_WITH(PolicyAscent<double>({.steps = -1}), Catch::Matchers::Contains("steps >= 0, got -1"));
  CHECK_THROWS_WITH(PolicyAscent<double>({.max_gradient_norm = -1}), Catch::Matchers::Contains("max_gradient_norm"));
}
