// SPDX-License-Identifier: MIT
#include "vantage/core/discount.hpp"

#include "catch.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/advantage/reward_to_go.hpp"

using namespace vantage;

TEST_CASE("the discount is what the estimator says, by a number or a function") {
  struct Chosen {
    double gamma() const { return 0.25; }
  };
  struct Silent {};
  CHECK(discount_of(Gae{.gamma = 0.5}) == 0.5);
  CHECK(discount_of(RewardToGo{.gamma = 0.75}) == 0.75);
  CHECK(discount_of(Chosen{}) == 0.25);
  CHECK_FALSE(discount_of(Silent{}));
  CHECK(discount_of(Gae{}) == kDefaultGamma);
  CHECK(discount_of(RewardToGo{}) == kDefaultGamma);
}
