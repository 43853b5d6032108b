// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/gradient_estimate.hpp"

#include "catch.hpp"
#include "optim/round_trip.hpp"
#include "vantage/policy/gaussian_policy.hpp"

using namespace vantage;

namespace {

// two environments, a linear policy a = K s + b + exp(l) z: scores are known by hand
struct Fixture {
  explicit Fixture(std::uint64_t seed, Index steps = 6) : rng(seed), advantages(2 * steps) {
    batch.resize(2, 1, 2, steps);
    for (double& x : batch.observations.reshaped()) x = rng.normal();
    for (double& x : batch.actions.reshaped()) x = rng.normal();
    for (double& x : advantages) x = 3 + 2 * rng.normal();
    batch.endings.setConstant(Ending::none);
    batch.first_times << 5, 0;
    batch.endings(0, 1) = Ending::truncated;
    batch.endings(1, 3) = Ending::terminated;
  }

  Rng rng;
  Batch<double> batch;
  Vector<double> advantages;
};

GaussianPolicy<double> linear_policy() {
  Rng rng(1);
  GaussianPolicy<double> policy(2, 1, {.hidden = {}}, rng);
  policy.parameters() << 0.4, -0.3, 0.1, -0.2;
  return policy;
}

Vector<double> score(const Batch<double>& batch, Index n) {
  const double sigma = std::exp(-0.2);
  const double mean = 0.4 * batch.observations(0, n) - 0.3 * batch.observations(1, n) + 0.1;
  const double z = (batch.actions(0, n) - mean) / sigma;
  return Vector<double>{
      {z / sigma * batch.observations(0, n), z / sigma * batch.observations(1, n), z / sigma, z * z - 1}};
}

}  // namespace

TEST_CASE("batches add up to the gradient of all their samples, raw and with normalised advantages") {
  const GaussianPolicy<double> policy = linear_policy();
  Context context({.threads = 1});
  GradientEstimate estimate;
  GradientEstimate other;
  Vector<double> advantages(0);
  Matrix<double> scores(4, 0);
  for (const unsigned seed : {1U, 2U, 3U}) {
    const Fixture data(seed, seed + 3);
    (seed == 2 ? other : estimate).add(policy, data.batch, data.advantages, context);
    for (Index n = 0; n < data.batch.size(); ++n) {
      scores.conservativeResize(4, scores.cols() + 1);
      scores.col(scores.cols() - 1) = score(data.batch, n);
      advantages.conservativeResize(scores.cols());
      advantages[scores.cols() - 1] = data.advantages[n];
    }
  }
  estimate.add(other);
  estimate.add(GradientEstimate());
  const auto count = static_cast<double>(scores.cols());
  CHECK(estimate.samples() == scores.cols());
  CHECK((estimate.raw() - scores * advantages / count).norm() < 1e-13);
  const double mean = advantages.mean();
  const double deviation = std::sqrt((advantages.array() - mean).square().mean());
  CHECK(estimate.advantage_mean() == Approx(mean).epsilon(1e-14));
  CHECK(estimate.advantage_deviation() == Approx(deviation).epsilon(1e-14));
  const Vector<double> normalized = (advantages.array() - mean) / deviation;
  CHECK((estimate.normalized() - scores * normalized / count).norm() < 1e-13);
}

TEST_CASE("gamma^t counts the steps of the episode, those before the batch too") {
  const GaussianPolicy<double> policy = linear_policy();
  Context context({.threads = 1});
  const Fixture data(4);
  GradientEstimate estimate(0.9);
  estimate.add(policy, data.batch, data.advantages, context);
  const Index times[2][6] = {{5, 6, 0, 1, 2, 3}, {0, 1, 2, 3, 0, 1}};
  Vector<double> expected = Vector<double>::Zero(4);
  for (Index e = 0; e < 2; ++e) {
    for (Index t = 0; t < 6; ++t) {
      const Index n = 2 * t + e;
      expected += std::pow(0.9, static_cast<double>(times[e][t])) * data.advantages[n] * score(data.batch, n) / 12;
    }
  }
  CHECK((estimate.raw() - expected).norm() < 1e-13);
}

TEST_CASE("an estimate that was kept goes on where it was, weights gamma^t included") {
  const GaussianPolicy<double> policy = linear_policy();
  Context context({.threads = 1});
  for (const std::optional<double> gamma : {std::optional<double>(), std::optional(0.0), std::optional(0.9)}) {
    GradientEstimate estimate(gamma);
    estimate.add(policy, Fixture(6).batch, Fixture(6).advantages, context);
    GradientEstimate kept;
    copy_state(estimate, kept);
    for (GradientEstimate* of : {&estimate, &kept}) of->add(policy, Fixture(7).batch, Fixture(7).advantages, context);
    kept.add(estimate);
    estimate.add(estimate);
    CHECK(kept.samples() == estimate.samples());
    CHECK(kept.raw() == estimate.raw());
    CHECK(kept.normalized() == estimate.normalized());
  }
}

TEST_CASE("what does not belong together is refused") {
  const GaussianPolicy<double> policy = linear_policy();
  Context context({.threads = 1});
  Fixture data(5);
  GradientEstimate estimate;
  CHECK_THROWS_AS(estimate.raw(), std::invalid_argument);
  CHECK_THROWS_AS(estimate.add(policy, data.batch, data.advantages.head(3), context), std::invalid_argument);
  estimate.add(policy, data.batch, data.advantages, context);
  CHECK_THROWS_AS(estimate.add(GradientEstimate(0.9)), std::invalid_argument);
  CHECK_THROWS_AS(GradientEstimate(1.1), std::invalid_argument);
  data.advantages[2] = std::nan("");
  CHECK_THROWS_AS(estimate.add(policy, data.batch, data.advantages, context), std::invalid_argument);
  // refused whole: nothing of it was added
  CHECK(estimate.samples() == 12);
  GradientEstimate same;
  same.add(policy, data.batch, Vector<double>::Ones(12), context);
  CHECK_THROWS_AS(same.normalized(), std::invalid_argument);
}
