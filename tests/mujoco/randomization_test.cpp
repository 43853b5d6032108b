// SPDX-License-Identifier: MIT
#include "vantage/mujoco/randomization.hpp"

#include "catch.hpp"

using namespace vantage::mujoco;

TEST_CASE("every quantity has its name") {
  CHECK(kQuantityNames[static_cast<std::size_t>(Quantity::mass)] == "mass");
  CHECK(kQuantityNames[static_cast<std::size_t>(Quantity::friction_loss)] == "friction_loss");
  CHECK(kQuantityNames[static_cast<std::size_t>(Quantity::time_step)] == "time_step");
  CHECK(static_cast<std::size_t>(Quantity::time_step) + 1 == kQuantityNames.size());
}
