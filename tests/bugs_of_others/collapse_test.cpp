// SPDX-License-Identifier: MIT
// One update that throws a policy away: stable-baselines #213 and #837, baselines #975 (KL from 0.02 to 4 in one
// iteration), Stable-Baselines3 #1616.
#include "bugs_of_others/learner.hpp"
#include "catch.hpp"

using namespace vantage;
using Learner = testing::PpoLearner<>;

namespace {

PpoOptions reckless(OnViolation what) {
  return {.optimizer = AdamOptions{.learning_rate = 0.3},
          .epochs = 8,
          .trust_region = {.max_mean_kl = 0.05, .on_violation = what}};
}

}  // namespace

TEST_CASE("epochs end where the policy has left its trust region") {
  for (const OnViolation what : {OnViolation::observe, OnViolation::stop, OnViolation::revert}) {
    Learner learner(2, 1, reckless(what));
    const Vector<float> before = learner.agent.policy.parameters();
    PolicyReport report;
    learner.run(1, [&](const IterationReport& iteration) { report = iteration.policy; });
    REQUIRE(report.step.mean_kl > 0.05);
    CHECK(report.violated);
    CHECK(report.epochs == (what == OnViolation::observe ? 8 : 1));
    CHECK(report.stopped == (what != OnViolation::observe));
    CHECK(report.reverted == (what == OnViolation::revert));
    CHECK((learner.agent.policy.parameters() == before) == (what == OnViolation::revert));
  }
}
