// SPDX-License-Identifier: MIT
// Results that depend on the number of threads or on who else uses the machine, and pools larger than the machine that
// stand still: MuJoCo #1093, Stable-Baselines3 #283 and #1808, APCEMM #98, imitation #274.
#include "bugs_of_others/learner.hpp"
#include "catch.hpp"

using namespace vantage;

TEST_CASE("training is the same to the bit for any number of threads, more than the machine has included") {
  testing::PpoLearner<> alone(9, 1);
  alone.run(3);
  for (const Index threads : {2, 3, 16}) {
    testing::PpoLearner<> many(9, threads);
    many.run(3);
    CHECK(many.agent.policy.parameters() == alone.agent.policy.parameters());
    CHECK(many.agent.value.parameters() == alone.agent.value.parameters());
    CHECK(many.progress.recent_returns == alone.progress.recent_returns);
  }
}
