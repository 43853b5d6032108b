// SPDX-License-Identifier: MIT
// A deviation that becomes negative or no number after hours (rsl_rl #33 and #124, mjlab #765, Stable-Baselines3
// #1593), and numbers of a simulation that broke down and reach the learner (MuJoCo #1570, mujoco-py #736).
#include "bugs_of_others/learner.hpp"
#include "catch.hpp"
#include "vantage/update/vpg.hpp"
#include "walk.hpp"

using namespace vantage;

TEST_CASE("no step makes a deviation negative or its bounds give way") {
  using P = GaussianPolicy<float>;
  Context context({.seed = 4});
  Collector<Walk> source(VectorEnvironment<Walk>(Walk(), {.count = 4}), {.steps = 32});
  P policy(2, 1, {.hidden = {4}, .log_std_bounds = LogStdBounds{-3, 1}}, context.rng());
  Vpg<P> update({.optimizer = SgdOptions{.learning_rate = 1e4}, .max_gradient_norm = 1});
  Batch<float> batch;
  AdvantageEstimate<float> estimate;
  for (int i = 0; i < 5; ++i) {
    source.collect(policy, context, batch);
    estimate.resize(batch.size(), batch.successor_count());
    for (Index n = 0; n < batch.size(); ++n) estimate.advantages[n] = n % 2 == 0 ? 1.0F : -1.0F;
    update(policy, batch, estimate, context);
    Vector<float> entropy(batch.size());
    policy.entropy(batch.observations, context, entropy);
    // 1/2 log(2 pi e) + log sigma, in single precision
    CHECK(entropy.minCoeff() > 1.4189F - 3.001F);
    CHECK(entropy.maxCoeff() < 1.4190F + 1.001F);
  }
}

TEST_CASE("nothing of a broken simulation reaches the batch, and it never pays to break it") {
  for (const WalkOptions& broken : {WalkOptions{.nan_above = 0.3}, WalkOptions{.fault_above = 0.3}}) {
    Context context({.seed = 4});
    Collector<Walk> source(VectorEnvironment<Walk>(Walk(broken), {.count = 4}), {.steps = 100});
    Rng rng(1);
    const GaussianPolicy<float> policy(2, 1, {.hidden = {4}}, rng);
    Batch<float> batch;
    source.collect(policy, context, batch);
    REQUIRE(batch.episodes.faults > 10);
    CHECK(batch.observations.allFinite());
    CHECK(batch.rewards.allFinite());
    CHECK(batch.successors.leftCols(batch.successor_count()).allFinite());
    CHECK(source.normalizer().moments().mean().allFinite());
    // every fault is an end with the penalty for its reward
    CHECK((batch.rewards.array() == -100).count() == batch.episodes.faults);
    CHECK((batch.endings == Ending::terminated).count() == batch.episodes.faults);
  }
}
