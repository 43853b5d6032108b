// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/batch_noise_scale.hpp"

#include "catch.hpp"
#include "vantage/policy/gaussian_policy.hpp"

using namespace vantage;

TEST_CASE("the noise scale of one batch is that of the Gaussian bandit, whose gradient's variance is known") {
  // r = -(a - a*)^2, D = mu - a*, value baseline: the variance of the gradient by mu is 8 D^2 + 10 s^2, by log s
  // E[A^2 (z^2 - 1)^2] - 4 s^4 with A = s^2 - u^2 - 2 D u, u = s z
  constexpr double kDistance = 1.1, kDeviation = 0.5;
  Rng rng(3);
  GaussianPolicy<double> policy(1, 1, {.hidden = {}}, rng);
  policy.parameters() << 0, 0.7, std::log(kDeviation);
  constexpr Index kSamples = 400000;
  Batch<double> batch;
  batch.resize(1, 1, 4, kSamples / 4);
  batch.observations.setZero();
  Vector<double> advantages(kSamples);
  double by_log_std = 0;
  for (Index n = 0; n < kSamples; ++n) {
    const double z = rng.normal(), u = kDeviation * z;
    batch.actions(0, n) = 0.7 + u;
    advantages[n] = kDeviation * kDeviation - u * u - 2 * kDistance * u;
    by_log_std += std::pow(advantages[n] * (z * z - 1), 2) / kSamples;
  }
  const double d2 = kDistance * kDistance, s2 = kDeviation * kDeviation;
  const double trace = 8 * d2 + 10 * s2 + by_log_std - 4 * s2 * s2;
  Context context({.threads = 2});
  // 400 parts: the standard deviation of each number is 5 %
  const NoiseScale scale = batch_noise_scale(policy, batch, advantages, context, 400);
  CHECK(scale.trace == Approx(trace).epsilon(0.2));
  CHECK(scale.squared_norm == Approx(4 * d2 + 4 * s2 * s2).epsilon(0.05));

  CHECK_THROWS_AS(batch_noise_scale(policy, batch, advantages, context, 1), std::invalid_argument);
  CHECK_THROWS_AS(batch_noise_scale(policy, batch, advantages.head(5), context, 3), std::invalid_argument);
}
