// SPDX-License-Identifier: MIT
// Natural gradients that end in numbers that are none: the root of a negative x'Hx (rllab #24), negative curvature
// (sb3-contrib #38), a residual that does not fall (MushroomRL #79), a division by nothing (Hands-on-RL #108).
#include <cmath>
#include <vector>

#include "bugs_of_others/learner.hpp"
#include "catch.hpp"
#include "vantage/update/natural_gradient.hpp"

using namespace vantage;
using P = GaussianPolicy<float>;

namespace {

struct Played {
  testing::PpoLearner<> learner{3};
  Batch<float> batch;
  AdvantageEstimate<float> estimate;

  Played() {
    learner.source.set_gamma(learner.agent.advantage.gamma);
    learner.source.collect(learner.agent.policy, learner.context, batch);
    learner.agent.advantage(batch, learner.agent.value, learner.context, estimate);
  }
};

}  // namespace

TEST_CASE("where no action is better than another the policy stays as it is, to the bit") {
  Played played;
  played.estimate.advantages.setZero();
  for (const auto normalization : {AdvantageNormalization::none, AdvantageNormalization::batch}) {
    NaturalGradient<P> update({.advantage_normalization = normalization});
    P policy = played.learner.agent.policy;
    const PolicyReport report = update(policy, played.batch, played.estimate, played.learner.context);
    CHECK(policy.parameters() == played.learner.agent.policy.parameters());
    CHECK_FALSE(report.natural.accepted);
    CHECK(report.step.mean_kl == 0);
  }
}

TEST_CASE("curvature is positive and the step stays within its radius, however far apart the scales are") {
  Played played;
  // from a deviation near nothing to a wide one the Fisher matrix spans ten orders of magnitude
  for (const float log_std : {-8.0F, -1.0F, 0.0F, 1.0F, 4.0F}) {
    P policy = played.learner.agent.policy;
    policy.parameters().tail(1).setConstant(log_std);
    policy.log_prob(played.batch.observations, played.batch.actions, played.learner.context, played.batch.log_probs);
    std::vector<double> residuals;
    for (const Index iterations : {2, 30}) {
      P moved = policy;
      NaturalGradient<P> update({.cg_iterations = iterations, .damping = 0.01});
      const PolicyReport report = update(moved, played.batch, played.estimate, played.learner.context);
      CHECK(report.natural.curvature > 0);
      CHECK(moved.parameters().allFinite());
      CHECK(report.step.mean_kl <= 0.01 * 1.01);
      residuals.push_back(report.natural.cg_residual);
    }
    // where single precision can tell
    if (std::abs(log_std) <= 1) {
      CHECK(residuals[1] < residuals[0]);
      CHECK(residuals[1] < 1e-2);
    }
  }
}
