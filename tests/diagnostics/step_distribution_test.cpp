// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/step_distribution.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("noisy ascent of a parabola makes things worse as often as the normal distribution says") {
  // J(x) = -x^2 at x = 1, x' = x - eta (x + sigma xi): worse by more than w |J| where x'^2 > 1 + w
  constexpr double kRate = 0.5;
  constexpr double kSigma = 2;
  constexpr Index kRepeats = 40000;
  const auto step = [](Index repeat, Index) {
    Rng rng(9, static_cast<std::uint64_t>(repeat));
    const double x = 1 - kRate * (1 + kSigma * rng.normal());
    return -x * x;
  };
  Context one({.threads = 1});
  const StepDistribution result = step_distribution(-1, kRepeats, one, step);
  // x' is normal around 1/2 with standard deviation 1
  const auto beyond = [](double limit) {
    const auto above = [](double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); };
    return above(limit - 0.5) + above(limit + 0.5);
  };
  // four standard deviations of a share of 40000
  CHECK(result.share_worse == Approx(beyond(1)).margin(0.01));
  CHECK(result.share_worse_tenth == Approx(beyond(std::sqrt(1.1))).margin(0.01));
  CHECK(result.share_worse_half == Approx(beyond(std::sqrt(1.5))).margin(0.01));
  // the quantile that the share belongs to
  CHECK(result.quantile(result.share_worse) == Approx(-1).margin(1e-3));

  Context three({.threads = 3});
  CHECK(step_distribution(-1, 100, three, step).after == result.after.head(100));
  CHECK_THROWS_AS(step_distribution(-1, 0, one, step), std::invalid_argument);
  CHECK_THROWS_AS(step_distribution(1, 3, one, [](Index, Index) { return std::nan(""); }), std::invalid_argument);
}
