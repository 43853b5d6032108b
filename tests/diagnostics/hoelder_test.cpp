// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/hoelder.hpp"

#include "catch.hpp"
#include "vantage/tabular/doubling_map.hpp"

using namespace vantage;

TEST_CASE("the roughness of a Weierstrass function is -log gamma / log 2") {
  for (const double gamma : {0.9, 0.8, 0.7, 0.6, 0.4}) {
    constexpr Index kHorizon = 45;
    const DoublingMap world({.start = 0.2, .gamma = gamma, .steps = kHorizon});
    const Interval rough = rough_distances(DoublingMap::lyapunov_exponent(), kHorizon, 1);
    // well inside of what is rough; distances by whole powers of two, since the function repeats itself in them
    const Interval inside{0x1.0p-26, 0x1.0p-8};
    CHECK(rough.low < inside.low / 1000);
    const HoelderReport report = hoelder_exponent([&](double x) { return world.objective(x); },
                                                  {.distances = inside, .scales = 19, .points = 2000});
    INFO("gamma " << gamma);
    CHECK(report.exponent.value == Approx(world.hoelder_exponent()).margin(0.02));
    CHECK(report.exponent.standard_error < 0.01);
    CHECK(report.structure.size() == 19);
  }
}

TEST_CASE("a smooth function has the exponent 1, and a random walk 1/2") {
  const auto smooth = [](double x) { return std::sin(3 * x); };
  CHECK(hoelder_exponent(smooth).exponent.value == Approx(1).margin(0.01));
  // a walk of 2^16 steps of +-1 on [0, 2]
  Rng rng(5);
  Vector<double> walk(1 << 16);
  walk[0] = 0;
  for (Index i = 1; i < walk.size(); ++i) walk[i] = walk[i - 1] + (rng.uniform() < 0.5 ? -1 : 1);
  const auto rough = [&](double x) { return walk[static_cast<Index>(x * (1 << 15))]; };
  const HoelderReport report =
      hoelder_exponent(rough, {.distances = {0x1.0p-9, 0x1.0p-4}, .scales = 6, .points = 20000});
  CHECK(report.exponent.value == Approx(0.5).margin(0.05));
}

TEST_CASE("noise of the evaluations is taken off") {
  Rng rng(7);
  const auto noisy = [&](double x) { return x + 1e-3 * rng.normal(); };
  const HoelderOptions options{.distances = {1e-3, 1e-1}, .points = 20000, .blocks = 10};
  const double uncorrected = hoelder_exponent(noisy, options).exponent.value;
  HoelderOptions corrected = options;
  corrected.noise_variance = 1e-6;
  CHECK(uncorrected < 0.95);
  CHECK(hoelder_exponent(noisy, corrected).exponent.value == Approx(1).margin(0.02));
  corrected.noise_variance = 1e-2;
  CHECK_THROWS_AS(hoelder_exponent(noisy, corrected), std::runtime_error);
  CHECK_THROWS_AS(hoelder_exponent(noisy, {.distances = {1, 1}}), std::invalid_argument);
  CHECK_THROWS_AS(hoelder_exponent(noisy, {.points = 10}), std::invalid_argument);
  CHECK_THROWS_AS(rough_distances(0, 10, 1), std::invalid_argument);
}
