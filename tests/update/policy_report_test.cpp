// SPDX-License-Identifier: MIT
#include "vantage/update/policy_report.hpp"

#include <type_traits>

#include "catch.hpp"

using namespace vantage;
// copied into reports without allocation
static_assert(std::is_trivially_copyable_v<PolicyReport>);

TEST_CASE("a report of no update is that of a policy that stayed") {
  const PolicyReport report;
  CHECK_FALSE(violates(report.step,
                       {.max_mean_kl = 0, .max_state_kl = 0, .min_ratio = 1, .max_ratio = 1, .max_clip_fraction = 0}));
  CHECK(report.epochs == 0);
  CHECK(report.gradient_norm == 0);
  CHECK_FALSE(report.violated);
  CHECK_FALSE(report.reverted);
  CHECK(report.natural.cg_iterations == 0);
  CHECK(report.natural.step_fraction == 0);
  CHECK_FALSE(report.natural.accepted);
}
