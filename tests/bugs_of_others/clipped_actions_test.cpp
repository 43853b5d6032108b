// SPDX-License-Identifier: MIT
// A batch that holds the clipped action beside the log-probability of the raw one, or the other way round, so that
// ratios are not 1 where nothing has changed: Tianshou #312, CleanRL #240, stable-baselines #6 and #678.
#include "catch.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/update/trust_region.hpp"
#include "walk.hpp"

using namespace vantage;

TEST_CASE("the world gets the clipped action, the learner the drawn one with its log-probability") {
  Context context({.seed = 2});
  Rng rng(1);
  // wide noise: most actions are beyond -1 .. 2
  const GaussianPolicy<double> policy(2, 1, {.hidden = {4}, .log_std = 1.5}, rng);
  Collector<Walk> source(VectorEnvironment<Walk>(Walk(), {.count = 4}), {.steps = 50, .normalize_observations = false});
  Batch<double> batch;
  source.collect(policy, context, batch);

  Index beyond = 0;
  for (Index t = 0; t + 1 < batch.steps(); ++t) {
    for (Index e = 0; e < 4; ++e) {
      const Index n = t * 4 + e;
      beyond += batch.actions(0, n) < -1 || batch.actions(0, n) > 2 ? 1 : 0;
      if (batch.endings(e, t) != Ending::none) continue;
      const double moved = batch.observations(0, n + 4) - batch.observations(0, n);
      CHECK(moved == Approx(0.3 * std::clamp(batch.actions(0, n), -1.0, 2.0)).margin(1e-12));
    }
  }
  REQUIRE(beyond > 100);

  Vector<double> log_probs(batch.size());
  policy.log_prob(batch.observations, batch.actions, context, log_probs);
  CHECK((log_probs - batch.log_probs).cwiseAbs().maxCoeff() < 1e-12);
  const StepMeasure none = measure_step(policy, policy, batch, context);
  CHECK(none.max_ratio == Approx(1).epsilon(1e-12));
  CHECK(none.min_ratio == Approx(1).epsilon(1e-12));
  CHECK(none.clip_fraction == 0);
}
