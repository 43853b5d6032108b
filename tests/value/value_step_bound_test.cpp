// SPDX-License-Identifier: MIT
#include "vantage/value/value_step_bound.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("the bound on value steps is that of the theorem") {
  const ValueStepBound bound{.alpha = 0.5, .target_change = 3, .value_change = 2};
  // 3 sqrt(0.0004) / (2 0.001)
  CHECK(bound(4e-4, 1e-3) == Approx(30).epsilon(1e-14));
  CHECK(ValueStepBound{}(3e-4, 1e-4) == Approx(3).epsilon(1e-14));
  CHECK(bound(0, 1e-3) == 0);
  CHECK(std::isinf(bound(4e-4, 0)));
  CHECK(std::isinf(bound(0, 0)));
  // with one rate for both, larger rates need fewer steps where values are rough
  CHECK(bound(1e-2, 1e-2) == Approx(bound(1e-4, 1e-4) / 10).epsilon(1e-14));
}

TEST_CASE("impossible bounds on value steps are refused") {
  for (const double wrong : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    CHECK_THROWS_AS(validate(ValueStepBound{.alpha = wrong}), std::invalid_argument);
    CHECK_THROWS_AS(validate(ValueStepBound{.target_change = wrong}), std::invalid_argument);
    CHECK_THROWS_AS(validate(ValueStepBound{.value_change = wrong}), std::invalid_argument);
  }
  CHECK_THROWS_WITH(validate(ValueStepBound{.alpha = 1.5}), "ValueStepBound: expected 0 < alpha <= 1, got 1.5");
  CHECK_NOTHROW(validate(ValueStepBound{.alpha = 1}));
}
