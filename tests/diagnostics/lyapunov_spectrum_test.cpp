// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/lyapunov_spectrum.hpp"

#include "catch.hpp"
#include "vantage/tabular/small_matrices.hpp"

using namespace vantage;

namespace {

void logistic(VectorRef<double> x) { x[0] = 4 * x[0] * (1 - x[0]); }

void henon(VectorRef<double> x) {
  const double next = 1 - 1.4 * x[0] * x[0] + x[1];
  x[1] = 0.3 * x[0];
  x[0] = next;
}

}  // namespace

TEST_CASE("the logistic map has the exponent log 2, and dimension 1") {
  const LyapunovSpectrum spectrum =
      lyapunov_spectrum(logistic, Vector<double>{{0.3}}, {.steps = 200000, .transient = 100, .distance = 1e-9});
  CHECK(spectrum.largest.exponent.value == Approx(std::numbers::ln2).epsilon(0.01));
  CHECK(spectrum.dimension() == 1);
}

TEST_CASE("Henon's map: both estimators agree with the literature, and the sum of the spectrum is exact") {
  // lambda_1 = 0.419 (Sprott 2003), lambda_1 + lambda_2 = ln 0.3, the logarithm of the constant determinant
  LyapunovOptions options{.steps = 100000};
  const Vector<double> start{{0.1, 0.1}};
  const LyapunovReport twins = lyapunov_by_twins(henon, start, options);
  const LyapunovSpectrum spectrum = lyapunov_spectrum(henon, start, options);
  CHECK(twins.exponent.value == Approx(0.4192).margin(0.005));
  CHECK(spectrum.largest.exponent.value == Approx(0.4192).margin(0.005));
  CHECK(spectrum.exponents[0] == Approx(spectrum.largest.exponent.value).epsilon(1e-12));
  CHECK(spectrum.exponents.sum() == Approx(std::log(0.3)).epsilon(1e-8));
  CHECK(spectrum.dimension() == Approx(1 + spectrum.exponents[0] / -spectrum.exponents[1]).epsilon(1e-12));
  // the largest alone is the same one
  options.exponents = 1;
  const LyapunovSpectrum first = lyapunov_spectrum(henon, start, options);
  CHECK(first.exponents.size() == 1);
  CHECK(first.exponents[0] == Approx(spectrum.exponents[0]).epsilon(1e-4));
}

TEST_CASE("the exponents of a linear map are the logarithms of its eigenvalues, all or the largest ones") {
  // a rotation by 1 stretched by 0.9, beside a direction that shrinks by half, in skewed coordinates
  const Matrix<double> skew{{1, 0.5, 0}, {0, 1, 2}, {0, 0, 1}};
  const Matrix<double> unskew{{1, -0.5, 1}, {0, 1, -2}, {0, 0, 1}};
  const Matrix<double> turn{
      {0.9 * std::cos(1.0), -0.9 * std::sin(1.0), 0}, {0.9 * std::sin(1.0), 0.9 * std::cos(1.0), 0}, {0, 0, 0.5}};
  const Matrix<double> step = small_product(skew, turn, unskew);
  const auto map = [&](VectorRef<double> x) { x = Vector<double>(step * x); };
  const Vector<double> start = Vector<double>::Constant(3, 1);
  for (const Index count : {0, 2}) {
    const LyapunovSpectrum spectrum =
        lyapunov_spectrum(map, start, {.steps = 4000, .transient = 100, .distance = 1e-3, .exponents = count});
    REQUIRE(spectrum.exponents.size() == (count > 0 ? count : 3));
    CHECK(spectrum.exponents[0] == Approx(std::log(0.9)).epsilon(2e-3));
    CHECK(spectrum.exponents[1] == Approx(std::log(0.9)).epsilon(2e-3));
    if (count == 0) CHECK(spectrum.exponents[2] == Approx(std::log(0.5)).epsilon(1e-6));
    CHECK(spectrum.dimension() == 0);
  }
}

TEST_CASE("the largest exponent is found where it is not in the first coordinate, beside one that forgets") {
  const auto map = [](VectorRef<double> x) {
    x[0] = 1;
    x[1] *= 0.5;
    x[2] *= 1.5;
  };
  for (const Index count : {0, 1}) {
    const LyapunovSpectrum spectrum = lyapunov_spectrum(
        map, Vector<double>::Zero(3), {.steps = 40, .transient = 40 * count, .blocks = 2, .exponents = count});
    CHECK(spectrum.exponents[0] == Approx(std::log(1.5)).epsilon(1e-6));
    CHECK(spectrum.largest.exponent.value == Approx(std::log(1.5)).epsilon(1e-6));
    if (count > 0) continue;
    CHECK(spectrum.exponents[1] == Approx(std::log(0.5)).epsilon(1e-6));
    CHECK(spectrum.exponents[2] == -std::numeric_limits<double>::infinity());
  }
}

TEST_CASE("spectra that cannot be measured and impossible options are refused in words") {
  const Vector<double> start{{0.3}};
  const auto explode = [](VectorRef<double> x) { x[0] = std::exp(std::exp(x[0])); };
  CHECK_THROWS_AS(lyapunov_spectrum(explode, start), std::runtime_error);
  const auto forget = [](VectorRef<double> x) { x[0] = 1; };
  CHECK_THROWS_AS(lyapunov_spectrum(forget, start), std::runtime_error);
  CHECK_THROWS_AS(lyapunov_spectrum(logistic, start, {.exponents = 2}), std::invalid_argument);
  CHECK_THROWS_AS(lyapunov_spectrum(logistic, start, {.blocks = 1}), std::invalid_argument);
  CHECK_THROWS_AS(lyapunov_spectrum(logistic, Vector<double>{{std::nan("")}}), std::invalid_argument);
}
