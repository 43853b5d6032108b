// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/landscape_summary.hpp"

#include "catch.hpp"
#include "vantage/tabular/doubling_map.hpp"

using namespace vantage;

namespace {

// values with noise of given standard errors around them, as columns 0 and 1
template <class Function>
Landscape noisy(const Vector<double>& x, Index rows, const Function& function, std::uint64_t seed) {
  Landscape result = landscape_grid(x, Vector<double>::LinSpaced(rows, 0, 1), {"value", "error"});
  const LandscapePlane identity{Vector<double>::Zero(2), Vector<double>::Unit(2, 0), Vector<double>::Unit(2, 1)};
  measure_landscape<double>(identity, result, [&](const Vector<double>& at, Index point) {
    Rng rng(seed, static_cast<std::uint64_t>(point));
    const double error = rng.uniform(0.1, 0.5);
    return Vector<double>{{function(at[0], at[1]) + error * rng.normal(), error}};
  });
  return result;
}

}  // namespace

TEST_CASE("the slope at 0 is that of the polynomial, with the error of its points") {
  const Vector<double> x{{-1, 0, 0.5, 2, 7}}, none(0);
  const auto square = [](double at) { return 3 - 2 * at + 0.7 * at * at; };
  Vector<double> values = x.unaryExpr(square);
  values[4] = 100;  // beyond the radius
  const Slope exact = slope_at_origin(x, values, none, {.radius = 2});
  CHECK(exact.value == Approx(-2).epsilon(1e-12));
  CHECK(exact.standard_error < 1e-12);
  CHECK(std::isnan(slope_at_origin(x.head(3), values.head(3), none).standard_error));

  // weighted, degree 1: sum w (x - m) v / sum w (x - m)^2, variance 1 / sum w (x - m)^2
  const Vector<double> errors{{0.1, 0.3, 0.2, 0.5, 1}};
  const Vector<double> w = errors.array().square().inverse();
  const double mean = w.dot(x) / w.sum();
  const double spread = w.dot(Vector<double>((x.array() - mean).square()));
  const Slope line = slope_at_origin(x, values, errors, {.degree = 1});
  CHECK(line.value == Approx(w.dot(Vector<double>((x.array() - mean) * values.array())) / spread).epsilon(1e-12));
  CHECK(line.standard_error == Approx(1 / std::sqrt(spread)).epsilon(1e-12));
  // unweighted: errors that are all the same give the same line, and the residuals say how well it fits
  const Slope same = slope_at_origin(x, values, Vector<double>::Constant(5, 0.1), {.degree = 1});
  const Slope plain = slope_at_origin(x, values, none, {.degree = 1});
  const double offset = values.mean() - plain.value * x.mean();
  const double misfit = (values.array() - offset - plain.value * x.array()).square().sum() / 3;
  CHECK(plain.value == Approx(same.value).epsilon(1e-12));
  CHECK(plain.standard_error == Approx(same.standard_error / 0.1 * std::sqrt(misfit)).epsilon(1e-10));

  // z of noisy parabolas: mean 0 and variance 1, within 4.5 standard deviations
  double sum = 0, squares = 0;
  constexpr int kRepeats = 400;
  for (std::uint64_t seed = 0; seed < kRepeats; ++seed) {
    const Landscape curve = noisy(
        x, 1, [&](double at, double) { return square(at); }, seed);
    const Slope slope = slope_at_origin(x, curve.along_x(0), curve.along_x(1));
    const double z = (slope.value + 2) / slope.standard_error;
    sum += z;
    squares += z * z;
  }
  CHECK(std::abs(sum) < 4.5 * std::sqrt(kRepeats));
  CHECK(std::abs(squares - kRepeats) < 4.5 * std::sqrt(2.0 * kRepeats));

  CHECK_THROWS_AS(slope_at_origin(x, values, none, {.radius = 0.1}), std::invalid_argument);
  CHECK_THROWS_AS(slope_at_origin(x, values, none, {.degree = 0}), std::invalid_argument);
  CHECK_THROWS_AS(slope_at_origin(x, values, Vector<double>::Zero(5)), std::invalid_argument);
  CHECK_THROWS_AS(slope_at_origin(x, values, errors.head(2)), std::invalid_argument);
  CHECK_THROWS_AS(slope_at_origin(x, values.head(2), none), std::invalid_argument);
}

TEST_CASE("noise has no roughness, a parabola none, a zigzag its own") {
  const Vector<double> x = Vector<double>::LinSpaced(7, -1, 2);
  const auto parabola = [](double at, double y) { return 5 * at * at - at + 100 * y; };
  const Landscape smooth = noisy(x, 300, parabola, 1);
  const Roughness nothing = roughness(smooth, 0, 1);
  CHECK(std::abs(nothing.variance) < 4.5 * nothing.standard_error);
  // mean square 6 error^2 of noise that is taken for the landscape: E error^2 = 0.31 / 3
  CHECK(roughness(smooth, 0).variance == Approx(6 * 0.31 / 3).epsilon(0.25));
  CHECK(roughness(smooth, 0).standard_error == 0);
  // the standard error: squares of z over many landscapes of 20 rows, which are almost normal
  double squares = 0;
  constexpr int kRepeats = 1000;
  for (std::uint64_t seed = 0; seed < kRepeats; ++seed) {
    const Roughness one = roughness(noisy(x, 20, parabola, 1000 + seed), 0, 1);
    squares += std::pow(one.variance / one.standard_error, 2);
  }
  CHECK(std::abs(squares - kRepeats) < 4.5 * std::sqrt(2.6 * kRepeats));

  Landscape zigzag = landscape_grid(Vector<double>::LinSpaced(5, 0, 4), Vector<double>::Zero(1), {"value"});
  zigzag.values << 0, 1, 0, 1, 0;
  CHECK_THROWS_AS(roughness(zigzag, 0), std::invalid_argument);
  zigzag.measured.assign(5, true);
  // second differences -2, 2, -2
  CHECK(roughness(zigzag, 0).variance == Approx(16.0 / 3).epsilon(1e-13));
  CHECK(roughness(zigzag, 0).deviation() == Approx(std::sqrt(16.0 / 3)).epsilon(1e-13));
  zigzag.x[1] = 1.5;
  CHECK_THROWS_AS(roughness(zigzag, 0), std::invalid_argument);
}

TEST_CASE("returns of a chaotic world are rough at every distance, by the power of its Hoelder exponent") {
  const DoublingMap world({.gamma = 0.8, .steps = 45});
  const auto deviation = [&](double spacing, double sigma) {
    // lines that begin anywhere
    const LandscapePlane plane{Vector<double>::Constant(1, 0.13), Vector<double>::Constant(1, spacing),
                               Vector<double>::Ones(1)};
    Landscape landscape =
        landscape_grid(Vector<double>::LinSpaced(33, 0, 32), Vector<double>::LinSpaced(300, 0, 0.987), {"return"});
    measure_landscape<double>(plane, landscape, [&](const Vector<double>& theta, Index) {
      return Vector<double>::Constant(1, world.objective(theta[0], sigma)).eval();
    });
    return roughness(landscape, 0).deviation();
  };
  const double wide = deviation(0x1.0p-10, 0);
  CHECK(wide > 0.1);
  CHECK(std::log2(wide / deviation(0x1.0p-16, 0)) / 6 == Approx(world.hoelder_exponent()).margin(0.02));
  // smooth where noise has mollified it: then second differences vary as the third power of the distance
  CHECK(std::log2(deviation(0x1.0p-12, 0.05) / deviation(0x1.0p-13, 0.05)) == Approx(3).margin(0.05));
}

TEST_CASE("peaks and agreement are read off the grid") {
  Landscape landscape = landscape_grid(Vector<double>{{0, 1, 2}}, Vector<double>{{0, 0.5}}, {"return", "surrogate"});
  landscape.values << 1, 0, 4, 0.1, 2, 0.3, 0, 0.2, -1, 0.7, 3, 0.4;
  CHECK_THROWS_AS(peak(landscape, 0), std::invalid_argument);
  CHECK_THROWS_AS(agreement(landscape, 0, 1), std::invalid_argument);
  CHECK_THROWS_AS(range_of(landscape, 0), std::invalid_argument);
  landscape.measured.assign(6, true);
  const Peak highest = peak(landscape, 1);
  CHECK(highest.x == 1);
  CHECK(highest.y == 0.5);
  CHECK(highest.value == 0.7);
  CHECK(peak(landscape.line(), 1).x == 2);
  CHECK(range_of(landscape, 0) == 5);
  CHECK(range_of(landscape, 1) == Approx(0.7));

  // ranks 3 6 4 2 1 5 and 1 2 4 3 6 5: squared differences 4 + 16 + 0 + 1 + 25 + 0, along the line 0 + 1 + 1
  Agreement both = agreement(landscape, 0, 1);
  CHECK(both.rank_correlation == Approx(1 - 6 * 46 / (6 * 35.0)).epsilon(1e-13));
  CHECK(both.rank_correlation_line == Approx(1 - 6 * 2 / (3 * 8.0)).epsilon(1e-13));
  CHECK(both.return_change == 3);
  CHECK(both.surrogate_change == 0.1);
  CHECK(both.same_sign());
  landscape.values(1, 0) = 0.5;
  CHECK_FALSE(agreement(landscape, 0, 1).same_sign());

  // without a node at a whole step, or a row at y = 0
  const Agreement less = agreement(landscape.line(1), 0, 1);
  CHECK(std::isnan(less.rank_correlation_line));
  CHECK(std::isnan(less.return_change));
  CHECK_FALSE(less.same_sign());
}
