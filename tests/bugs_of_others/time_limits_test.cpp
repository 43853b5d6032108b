// SPDX-License-Identifier: MIT
// A time limit taken for an end, or the first observation of the next episode for the last one of this: CleanRL #198
// and #457, EnvPool #33, #194 and #239, Isaac Lab #4369, MuJoCo Playground #305, EmbodiChain #612.
#include "catch.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

struct Annuity {
  double gamma = 0.9;
  void predict(ConstMatrixRef<double> inputs, Context&, VectorRef<double> values) const {
    values.head(inputs.cols()).setConstant(1 / (1 - gamma));
  }
};

struct Played {
  Batch<double> batch;
  AdvantageEstimate<double> estimate;
};

Played play(const WalkOptions& world) {
  Context context;
  Collector<Walk> source(VectorEnvironment<Walk>(Walk(world), {.count = 3}),
                         {.steps = 17, .normalize_observations = false});
  Rng rng(1);
  const GaussianPolicy<double> policy(2, 1, {.hidden = {4}}, rng);
  Played played;
  source.collect(policy, context, played.batch);
  Gae{.gamma = 0.9, .lambda = 0.7}(played.batch, Annuity{}, context, played.estimate);
  return played;
}

}  // namespace

TEST_CASE("a reward of 1 for ever is worth the same on either side of a time limit") {
  const Played played = play({.limit = 7, .annuity = true});
  REQUIRE((played.batch.endings == Ending::truncated).count() == 6);
  REQUIRE((played.batch.endings == Ending::terminated).count() == 0);
  CHECK(played.estimate.advantages.cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("an end in the very step of the time limit is an end") {
  const Played played = play({.limit = 7, .life = 7, .annuity = true});
  REQUIRE((played.batch.endings == Ending::truncated).count() == 0);
  REQUIRE((played.batch.endings == Ending::terminated).count() == 6);
  for (Index n = 0; n < played.batch.size(); ++n) {
    if (played.batch.endings(n) != Ending::terminated) continue;
    // nothing follows: r - V
    CHECK(played.estimate.advantages[n] == Approx(1 - 10.0));
  }
}

TEST_CASE("what follows a time limit is where the episode stood, not where the next one begins") {
  const Played played = play({.limit = 7});
  const Batch<double>& batch = played.batch;
  REQUIRE(batch.successor_count() == 9);
  for (Index k = 0; k < batch.successor_count(); ++k) {
    const Index n = batch.successor_samples[static_cast<std::size_t>(k)];
    // the world shows its count of steps
    CHECK(batch.successors(1, k) == batch.observations(1, n) + 1);
    CHECK(batch.successors(0, k) ==
          Approx(batch.observations(0, n) + 0.3 * std::clamp(batch.actions(0, n), -1.0, 2.0)).margin(1e-12));
  }
}
