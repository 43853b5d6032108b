// SPDX-License-Identifier: MIT
#include "vantage/rollout/reward_scaler.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

TEST_CASE("the factor is one over the deviation of discounted returns") {
  const double gamma = 0.8;
  RewardScaler scaler(2, gamma);
  CHECK(scaler.factor() == 1);
  Rng rng(1);
  std::vector<double> all;
  std::vector<std::vector<double>> rewards(2);  // of the episode in progress
  for (int round = 0; round < 3; ++round) {
    RunningMoments seen(1);
    const double frozen = scaler.factor();
    for (int t = 0; t < 20; ++t) {
      for (std::size_t e = 0; e < 2; ++e) {
        const double reward = 3 + rng.normal();
        const bool ended = rng.uniform() < 0.2;
        scaler.add(static_cast<Index>(e), reward, ended, seen);
        rewards[e].push_back(reward);
        double sum = 0;
        for (std::size_t k = 0; k < rewards[e].size(); ++k) {
          sum += std::pow(gamma, static_cast<double>(rewards[e].size() - 1 - k)) * rewards[e][k];
        }
        all.push_back(sum);
        if (ended) rewards[e].clear();
      }
      CHECK(scaler.factor() == frozen);
    }
    scaler.update(seen);
    double mean = 0;
    double variance = 0;
    for (const double g : all) mean += g / static_cast<double>(all.size());
    for (const double g : all) variance += (g - mean) * (g - mean) / static_cast<double>(all.size());
    CHECK(scaler.factor() == Approx(1 / std::sqrt(variance + 1e-8)).epsilon(1e-10));
  }
}

TEST_CASE("the first reward after a stretch of zeros is not blown up") {
  RewardScaler scaler(1, 0.99);
  const auto see = [&](int zeros, double reward) {
    RunningMoments seen(1);
    for (int i = 0; i < zeros; ++i) scaler.add(0, 0.0, false, seen);
    if (reward != 0) scaler.add(0, reward, true, seen);
    scaler.update(seen);
  };
  see(2000, 0);
  CHECK(scaler.factor() == 1);
  CHECK(scaler.scaled(1) == 1);
  CHECK(scaler.scaled(-300) == -10);
  // one reward of 1 among 2000 zeros: var = 1/2001 - 1/2001^2
  see(0, 1);
  const double variance = 2000.0 / 2001 / 2001;
  CHECK(scaler.factor() == Approx(1 / std::sqrt(variance + 1e-8)));
  CHECK(scaler.scaled(1) == 10);
  CHECK(scaler.scaled(-0.01) == Approx(-0.01 * scaler.factor()));
}

TEST_CASE("a bound of scaled rewards may be another, or none") {
  CHECK(RewardScaler(1, 0.9, 3).scaled(5) == 3);
  CHECK(RewardScaler(1, 0.9, std::numeric_limits<double>::infinity()).scaled(5e6) == 5e6);
  CHECK_THROWS_AS(RewardScaler(1, 0.9, 0), std::invalid_argument);
  CHECK_THROWS_AS(RewardScaler(1, 0.9, std::nan("")), std::invalid_argument);
}

TEST_CASE("a discount outside [0, 1] is refused") {
  CHECK_THROWS_AS(RewardScaler(1, 1.1), std::invalid_argument);
  CHECK_THROWS_AS(RewardScaler(1, -0.1), std::invalid_argument);
}
