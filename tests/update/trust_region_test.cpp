// SPDX-License-Identifier: MIT
#include "vantage/update/trust_region.hpp"

#include "catch.hpp"
#include "vantage/policy/gaussian_policy.hpp"

using namespace vantage;

namespace {

// a policy of a bias alone: N(b, exp(l)^2) in every state but where the weight counts
GaussianPolicy<double> line(double weight, double bias, double log_std) {
  Rng rng;
  GaussianPolicy<double> policy(1, 1, {.hidden = {}}, rng);
  policy.parameters() << weight, bias, log_std;
  return policy;
}

double log_normal(double x, double mean, double log_std) {
  const double sigma = std::exp(log_std);
  return -0.5 * (x - mean) * (x - mean) / (sigma * sigma) - log_std - 0.5 * std::log(2 * std::numbers::pi);
}

}  // namespace

TEST_CASE("the measure of a step is what a hand computes") {
  Context context;
  const auto before = line(0.5, 0.1, -0.2);
  const auto after = line(0.6, 0, 0.1);
  Batch<double> batch;
  batch.resize(1, 1, 2, 2);
  batch.observations << 1, -2, 0.5, 3;
  batch.actions << 0.4, -1.5, 1.5, 1.7;
  double mean_kl = 0, max_kl = 0, least = 1e9, most = 0, clipped = 0;
  for (Index n = 0; n < 4; ++n) {
    const double s = batch.observations(0, n);
    const double a = batch.actions(0, n);
    const double p = 0.5 * s + 0.1;
    const double q = 0.6 * s;
    batch.log_probs[n] = log_normal(a, p, -0.2);
    // log(sq / sp) + (sp^2 + (p - q)^2) / (2 sq^2) - 1 / 2
    const double kl = 0.3 + (std::exp(-0.4) + (p - q) * (p - q)) / (2 * std::exp(0.2)) - 0.5;
    const double ratio = std::exp(log_normal(a, q, 0.1) - log_normal(a, p, -0.2));
    mean_kl += kl / 4;
    max_kl = std::max(max_kl, kl);
    least = std::min(least, ratio);
    most = std::max(most, ratio);
    clipped += std::abs(ratio - 1) > 0.25 ? 0.25 : 0;
  }
  const StepMeasure step = measure_step(before, after, batch, context, 0.25);
  CHECK(step.mean_kl == Approx(mean_kl).epsilon(1e-12));
  CHECK(step.max_kl == Approx(max_kl).epsilon(1e-12));
  CHECK(step.min_ratio == Approx(least).epsilon(1e-12));
  CHECK(step.max_ratio == Approx(most).epsilon(1e-12));
  CHECK(clipped > 0);
  CHECK(clipped < 1);
  CHECK(step.clip_fraction == clipped);
  CHECK(step.entropy == Approx(0.1 + 0.5 * (1 + std::log(2 * std::numbers::pi))).epsilon(1e-12));

  const StepMeasure none = measure_step(before, before, batch, context);
  CHECK(none.max_kl < 1e-15);
  CHECK(none.min_ratio == Approx(1).epsilon(1e-12));
  CHECK(none.clip_fraction == 0);
}

TEST_CASE("each bound is kept by itself") {
  const StepMeasure step{.mean_kl = 0.1, .max_kl = 0.5, .min_ratio = 0.7, .max_ratio = 1.6, .clip_fraction = 0.3};
  CHECK_FALSE(violates(step, {}));
  CHECK_FALSE(violates(
      step, {.max_mean_kl = 0.1, .max_state_kl = 0.5, .min_ratio = 0.7, .max_ratio = 1.6, .max_clip_fraction = 0.3}));
  CHECK(violates(step, {.max_mean_kl = 0.09}));
  CHECK(violates(step, {.max_state_kl = 0.49}));
  CHECK(violates(step, {.min_ratio = 0.71}));
  CHECK(violates(step, {.max_ratio = 1.59}));
  CHECK(violates(step, {.max_clip_fraction = 0.29}));
  // what is not a number left the region, even where nothing is bounded
  CHECK(violates({.mean_kl = std::nan("")}, {}));
}

TEST_CASE("a policy that is no longer finite violates every region") {
  Context context;
  Batch<double> batch;
  batch.resize(1, 1, 1, 1);
  batch.observations << 1;
  batch.actions << 1;
  batch.log_probs << -1;
  CHECK(violates(measure_step(line(0, 0, 0), line(0, std::nan(""), 0), batch, context), {}));
}

TEST_CASE("bounds that no step can keep are refused") {
  CHECK_NOTHROW(validate(TrustRegionOptions{}));
  CHECK_THROWS_AS(validate(TrustRegionOptions{.max_mean_kl = -1}), std::invalid_argument);
  CHECK_THROWS_AS(validate(TrustRegionOptions{.max_state_kl = -1}), std::invalid_argument);
  CHECK_THROWS_AS(validate(TrustRegionOptions{.min_ratio = 1.1}), std::invalid_argument);
  CHECK_THROWS_AS(validate(TrustRegionOptions{.max_ratio = 0.9}), std::invalid_argument);
  CHECK_THROWS_AS(validate(TrustRegionOptions{.max_clip_fraction = -0.1}), std::invalid_argument);
  CHECK_THROWS_AS(validate(TrustRegionOptions{.clip_range = std::nan("")}), std::invalid_argument);
}
