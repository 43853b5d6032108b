// SPDX-License-Identifier: MIT
#include "vantage/advantage/advantage_estimate.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("an estimate has one entry a sample and room for every successor") {
  AdvantageEstimate<float> estimate;
  estimate.resize(6, 4);
  for (const auto* entries : {&estimate.advantages, &estimate.value_targets, &estimate.values, &estimate.next_values}) {
    CHECK(entries->size() == 6);
  }
  CHECK(estimate.successor_values.size() == 4);
  // fewer successors keep the room
  const float* const room = estimate.successor_values.data();
  estimate.resize(6, 2);
  CHECK(estimate.successor_values.size() == 4);
  CHECK(estimate.successor_values.data() == room);
}
