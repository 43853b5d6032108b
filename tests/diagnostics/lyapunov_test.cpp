// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/lyapunov.hpp"

#include "catch.hpp"
#include "vantage/tabular/small_matrices.hpp"

using namespace vantage;

namespace {

void logistic(VectorRef<double> x) { x[0] = 4 * x[0] * (1 - x[0]); }

// a first number that doubles, until it passes 8 and begins anew, beside others that halve; what is shown is a hundred
// times as much
struct Doubling {
  using Point = Vector<double>;
  Index size;
  int renewals = 0;
  int steps = 0;
  Index dimension() const { return size; }
  Index tangent_size() const { return 2 * size; }
  void step(Point& point) {
    const double first = point[0];
    point /= 2;
    point[0] = 2 * first;
    ++steps;
  }
  bool renew(Point& point) {
    if (point[0] < 8) return false;
    point.setOnes();
    ++renewals;
    return true;
  }
  void displace(const Point& from, const Vector<double>& tangent, Point& to) const { to = from + tangent.head(size); }
  void difference(const Point& from, const Point& to, Vector<double>& tangent) const {
    tangent << to - from, 100 * (to - from);
  }
};

}  // namespace

TEST_CASE("the logistic map doubles the distance of twins on average") {
  const LyapunovOptions options{.steps = 200000, .transient = 100, .distance = 1e-9};
  const LyapunovReport twins = lyapunov_by_twins(logistic, Vector<double>{{0.3}}, options);
  CHECK(twins.exponent.value == Approx(std::numbers::ln2).epsilon(0.01));
  CHECK(twins.exponent.interval.contains(std::numbers::ln2));
  CHECK(twins.exponent.standard_error < 0.005);
  CHECK(twins.hoelder_exponent(0.5) == Approx(1).epsilon(0.01));
  const Estimate second = twins.per_second(0.05);
  CHECK(second.value == Approx(20 * twins.exponent.value).epsilon(1e-15));
  CHECK(second.interval.high - second.value == Approx(20 * (twins.exponent.interval.high - twins.exponent.value)));
  CHECK_THROWS_AS(twins.per_second(0), std::invalid_argument);
}

TEST_CASE("a linear map grows as its eigenvalues do, and a stable one has no roughness to predict") {
  // a rotation by 1 stretched by 0.9, beside a direction that shrinks by half, in skewed coordinates
  const Matrix<double> skew{{1, 0.5, 0}, {0, 1, 2}, {0, 0, 1}};
  const Matrix<double> unskew{{1, -0.5, 1}, {0, 1, -2}, {0, 0, 1}};
  const Matrix<double> turn{
      {0.9 * std::cos(1.0), -0.9 * std::sin(1.0), 0}, {0.9 * std::sin(1.0), 0.9 * std::cos(1.0), 0}, {0, 0, 0.5}};
  const Matrix<double> step = small_product(skew, turn, unskew);
  const auto map = [&](VectorRef<double> x) { x = Vector<double>(step * x); };
  const LyapunovReport twins =
      lyapunov_by_twins(map, Vector<double>::Constant(3, 1), {.steps = 4000, .transient = 100, .distance = 1e-3});
  CHECK(twins.exponent.value == Approx(std::log(0.9)).epsilon(2e-3));
  CHECK(twins.hoelder_exponent(0.99) == std::numeric_limits<double>::infinity());
}

TEST_CASE("twins of points that are no vectors, seen through more numbers than they move in, and renewed") {
  const LyapunovOptions options{.steps = 300, .transient = 3, .distance = 0x1p-20, .blocks = 2};
  Doubling line{.size = 1};
  const LyapunovReport twins = lyapunov_by_twins(line, Vector<double>::Ones(1), options);
  CHECK(twins.exponent.value == Approx(std::numbers::ln2).epsilon(1e-14));
  CHECK(twins.exponent.standard_error < 1e-14);
  CHECK(line.renewals == 101);
  CHECK(line.steps == 606);
  // each time anew they first have to turn to where they part
  Doubling volume{.size = 4};
  const LyapunovReport turning = lyapunov_by_twins(volume, Vector<double>::Ones(4), options);
  CHECK(turning.exponent.value < 0.8 * std::numbers::ln2);
  CHECK(turning.exponent.value > 0);
}

TEST_CASE("maps that cannot be measured and impossible options are refused in words") {
  const Vector<double> start{{0.3}};
  const auto explode = [](VectorRef<double> x) { x[0] = std::exp(std::exp(x[0])); };
  CHECK_THROWS_AS(lyapunov_by_twins(explode, start), std::runtime_error);
  const auto forget = [](VectorRef<double> x) { x[0] = 1; };
  CHECK_THROWS_AS(lyapunov_by_twins(forget, start), std::runtime_error);
  CHECK_THROWS_AS(lyapunov_by_twins(logistic, start, {.steps = 10, .blocks = 20}), std::invalid_argument);
  CHECK_THROWS_AS(lyapunov_by_twins(logistic, start, {.distance = 0}), std::invalid_argument);
  CHECK_THROWS_AS(lyapunov_by_twins(logistic, Vector<double>{{std::nan("")}}), std::invalid_argument);
}
