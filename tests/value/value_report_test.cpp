// SPDX-License-Identifier: MIT
#include "vantage/value/value_report.hpp"

#include <type_traits>

#include "catch.hpp"

using namespace vantage;
// copied into reports without allocation
static_assert(std::is_trivially_copyable_v<ValueReport>);

TEST_CASE("a report of no value steps is all zero") {
  const ValueReport report;
  CHECK(report.steps == 0);
  for (const double number :
       {report.error_before, report.error_after, report.explained_variance, report.gradient_norm}) {
    CHECK(number == 0);
  }
}
