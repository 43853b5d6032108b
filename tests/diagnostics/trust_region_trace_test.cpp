// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/trust_region_trace.hpp"

#include <functional>
#include <numbers>

#include "update/by_hand.hpp"
#include "vantage/update/ppo.hpp"

using namespace vantage;
using Policy = GaussianPolicy<double>;

namespace {

void check_same(const StepMeasure& one, const StepMeasure& other) {
  CHECK(one.mean_kl == other.mean_kl);
  CHECK(one.max_kl == other.max_kl);
  CHECK(one.min_ratio == other.min_ratio);
  CHECK(one.max_ratio == other.max_ratio);
  CHECK(one.clip_fraction == other.clip_fraction);
  CHECK(one.entropy == other.entropy);
}

void check_none(const TrustRegionMeasure& measure) {
  CHECK(std::abs(measure.step.max_kl) < 1e-15);
  CHECK(measure.step.min_ratio == Approx(1).epsilon(1e-12));
  CHECK(measure.step.max_ratio == Approx(1).epsilon(1e-12));
  CHECK(measure.step.clip_fraction == 0);
  CHECK(std::abs(measure.surrogate.gain) < 1e-12);
  CHECK(std::abs(measure.surrogate.clipped_gain) < 1e-12);
}

}  // namespace

TEST_CASE("a trace shows an update from the policy that drew the batch to what the update reports") {
  const Policy before = small_policy();
  const DrawnBatch<> drawn(before, 96), other(before, 60, 2);
  Ppo<Policy> update(
      {.optimizer = AdamOptions{.learning_rate = 3e-3}, .epochs = 3, .minibatch = 24, .clip_range = 0.1});
  TrustRegionTrace<Policy> trace({.clip_range = 0.1, .normalize_advantages = false});
  TrustRegionTrace<Policy> sparse({.clip_range = 0.1, .every = 5});
  trace.hold_out(other.batch, other.estimate.advantages);
  sparse.hold_out(other.batch, other.estimate.advantages);
  std::vector<Policy> seen;
  update.observe_steps([&](const PolicyStep<Policy>& step, Context& context) {
    trace(step, context);
    sparse(step, context);
    seen.push_back(step.policy);
  });
  Context context({.threads = 2});
  Policy policy = before;
  const PolicyReport report = update(policy, drawn.batch, drawn.estimate, context);

  // 3 epochs of 4 minibatches, and what came of it
  const std::vector<TrustRegionEntry>& entries = trace.entries();
  REQUIRE(entries.size() == 13);
  check_none(entries[0].batch);
  REQUIRE(entries[0].held_out);
  check_none(*entries[0].held_out);
  CHECK(entries[1].batch.step.mean_kl > 1e-9);
  check_same(entries.back().batch.step, report.step);
  CHECK(report.step.clip_fraction > 0);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    CHECK(entries[i].update == 0);
    CHECK(entries[i].steps == static_cast<Index>(i));
    CHECK(entries[i].finished == (i == 12));
    check_same(entries[i].batch.step, measure_step(before, seen[i], drawn.batch, context, 0.1));
    check_same(entries[i].held_out->step, measure_step(before, seen[i], other.batch, context, 0.1));
    CHECK(entries[i].batch.surrogate.clipped_gain ==
          surrogate_value(seen[i], drawn.batch, drawn.estimate.advantages, context, 0.1).clipped_gain);
    CHECK(entries[i].held_out->surrogate.gain ==
          surrogate_value(seen[i], other.batch, other.estimate.advantages, context).gain);
  }
  // what is learned from gains more than what is not: these advantages are noise
  CHECK(entries.back().batch.surrogate.gain > entries.back().held_out->surrogate.gain);

  REQUIRE(sparse.entries().size() == 4);
  CHECK(sparse.entries()[1].steps == 5);
  CHECK(sparse.entries()[2].steps == 10);
  check_same(sparse.entries()[3].batch.step, report.step);
  // normalised advantages, over each batch
  const auto gain = [&](const DrawnBatch<>& of) {
    Vector<double> advantages = of.estimate.advantages;
    normalize_advantages(advantages);
    return surrogate_value(policy, of.batch, advantages, context).gain;
  };
  CHECK(sparse.entries()[3].batch.surrogate.gain == gain(drawn));
  CHECK(sparse.entries()[3].held_out->surrogate.gain == gain(other));

  // a second update, without a held-out batch
  trace.end_hold_out();
  update.observe_steps(std::ref(trace));
  update(policy, drawn.batch, drawn.estimate, context, &before);
  REQUIRE(trace.entries().size() == 26);
  CHECK(trace.entries()[13].update == 1);
  CHECK_FALSE(trace.entries()[13].held_out);
  // measured from the policy that drew the batch, not from the one that the update began with
  check_same(trace.entries()[13].batch.step, report.step);
  trace.clear();
  CHECK(trace.entries().empty());
}

TEST_CASE("a step of a Gaussian's mean by half a deviation") {
  Rng rng;
  Policy before(2, 1, {.hidden = {}}, rng);
  before.parameters() << 0, 0, 0, std::log(2);
  Policy after = before;
  after.parameters()[2] = 1;
  Batch<double> batch;
  batch.resize(2, 1, 1, 2);
  batch.observations.setOnes();
  batch.actions << -1, 3;
  for (Index n = 0; n < 2; ++n) {
    const double z = batch.actions(0, n) / 2;
    batch.log_probs[n] = -0.5 * z * z - std::log(2 * std::sqrt(2 * std::numbers::pi));
  }
  const Vector<double> advantages{{1, 2}};
  Context context;
  TrustRegionTrace<Policy> trace({.normalize_advantages = false});
  trace({before, after, batch, advantages, 0, false}, context);
  const TrustRegionMeasure& measure = trace.entries().at(0).batch;
  // log rho = (a z - z^2 / 2) for a shift by one half in units of the deviation
  const double low = std::exp(-0.25 - 0.125);
  const double high = std::exp(0.75 - 0.125);
  CHECK(measure.step.mean_kl == Approx(0.125).epsilon(1e-12));
  CHECK(measure.step.max_kl == Approx(0.125).epsilon(1e-12));
  CHECK(measure.step.min_ratio == Approx(low).epsilon(1e-12));
  CHECK(measure.step.max_ratio == Approx(high).epsilon(1e-12));
  CHECK(measure.step.clip_fraction == 1);
  CHECK(measure.step.entropy == Approx(std::log(2) + 0.5 * std::log(2 * std::numbers::pi * std::numbers::e)));
  CHECK(measure.surrogate.gain == Approx((low - 1 + 2 * (high - 1)) / 2).epsilon(1e-12));
  CHECK(measure.surrogate.clipped_gain == Approx((low - 1 + 2 * 0.2) / 2).epsilon(1e-12));

  CHECK_THROWS_AS(TrustRegionTrace<Policy>({.every = 0}), std::invalid_argument);
  CHECK_THROWS_AS(TrustRegionTrace<Policy>({.clip_range = -1}), std::invalid_argument);
  CHECK_THROWS_AS(trace.hold_out(batch, advantages.head(1)), std::invalid_argument);
}
