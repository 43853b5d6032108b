// SPDX-License-Identifier: MIT
#include "vantage/tabular/gaussian_bandit.hpp"

#include "catch.hpp"
#include "tabular/worlds.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"

using namespace vantage;

static_assert(Environment<GaussianBandit>);

TEST_CASE("a Gaussian bandit is an environment of single steps") {
  check_environment(GaussianBandit(-0.4), {.check_no_reset = false});
  CHECK_THROWS_AS(GaussianBandit(std::nan("")), std::invalid_argument);
  GaussianBandit bandit(-0.4);
  Vector<double> observation(1);
  const StepResult result = bandit.step(Vector<double>::Constant(1, 0.6), observation);
  CHECK(result.reward == Approx(-1));
  CHECK(result.terminated);
}

TEST_CASE("variances of the known bandit, and their order") {
  const GaussianBandit bandit(-0.4);
  const double zero = bandit.score_variance(0.7, 0.5, 0);
  const double value = bandit.score_variance(0.7, 0.5, bandit.value_baseline(0.7, 0.5));
  const double best = bandit.score_variance(0.7, 0.5, bandit.optimal_baseline(0.7, 0.5));
  CHECK(zero == Approx(26.5464).epsilon(1e-12));
  CHECK(value == Approx(12.18).epsilon(1e-12));
  CHECK(best == Approx(11.18).epsilon(1e-12));
  Rng rng(1);
  for (int i = 0; i < 1000; ++i) {
    const double mean = rng.uniform(-2, 2);
    const double sigma = rng.uniform(0.1, 2);
    const double least = bandit.score_variance(mean, sigma, bandit.optimal_baseline(mean, sigma));
    const double with_value = bandit.score_variance(mean, sigma, bandit.value_baseline(mean, sigma));
    // nothing is better than the optimal one, and the value function is worse by 4 sigma^2
    REQUIRE(least <= bandit.score_variance(mean, sigma, rng.uniform(-10, 10)));
    REQUIRE(with_value - least == Approx(4 * sigma * sigma).margin(1e-9));
    REQUIRE(with_value <= bandit.score_variance(mean, sigma, 0));
  }
}

TEST_CASE("gradients of the Gaussian bandit are those of finite differences") {
  const GaussianBandit bandit(-0.4);
  const double h = 1e-5;
  const double mean = 0.7;
  const double sigma = 0.5;
  CHECK(bandit.mean_gradient(mean) ==
        Approx((bandit.objective(mean + h, sigma) - bandit.objective(mean - h, sigma)) / (2 * h)));
  CHECK(GaussianBandit::log_std_gradient(sigma) ==
        Approx((bandit.objective(mean, sigma * std::exp(h)) - bandit.objective(mean, sigma * std::exp(-h))) / (2 * h)));
  // Fisher information of the mean 1 / sigma^2, of log sigma 2
  CHECK(bandit.natural_mean_gradient(mean, sigma) / (sigma * sigma) == Approx(bandit.mean_gradient(mean)));
  CHECK(2 * GaussianBandit::natural_log_std_gradient(sigma) == Approx(GaussianBandit::log_std_gradient(sigma)));
}

TEST_CASE("samples of the library's policy have these means and variances") {
  const GaussianBandit bandit(-0.4);
  Context context;
  Rng rng(1);
  GaussianPolicy<double> policy(1, 1, {.hidden = {}}, rng);
  policy.parameters() << 0, 0.7, std::log(0.5);
  Collector source(VectorEnvironment(bandit, {.count = 100, .action_map = ActionMap::none}),
                   {.steps = 1000, .normalize_observations = false});
  Batch<double> batch;
  source.collect(policy, context, batch);
  REQUIRE((batch.endings == Ending::terminated).all());
  const auto count = static_cast<double>(batch.size());
  for (const double baseline : {0.0, bandit.value_baseline(0.7, 0.5), bandit.optimal_baseline(0.7, 0.5)}) {
    double sums[2] = {};     // of the estimates of dJ/dmu and dJ/dlog sigma
    double squares[2] = {};  // of the same
    double fourth = 0;
    Vector<double> score(3);
    for (Index n = 0; n < batch.size(); ++n) {
      policy.score_gradient(
          batch.observations.col(n), batch.actions.col(n),
          [&](Index, const auto&, auto&& weights) { weights.setConstant(batch.rewards(n) - baseline); }, context,
          score);
      sums[0] += score[1];
      sums[1] += score[2];
      squares[0] += score[1] * score[1];
      squares[1] += score[2] * score[2];
      fourth += std::pow(score[1] - bandit.mean_gradient(0.7), 4);
    }
    CHECK(std::abs(z_score(sums[0], squares[0], count, bandit.mean_gradient(0.7))) < 4.5);
    CHECK(std::abs(z_score(sums[1], squares[1], count, GaussianBandit::log_std_gradient(0.5))) < 4.5);
    const double mean = sums[0] / count;
    const double variance = squares[0] / count - mean * mean;
    const double expected = bandit.score_variance(0.7, 0.5, baseline);
    const double error = std::sqrt((fourth / count - variance * variance) / count);
    CHECK(std::abs(variance - expected) < 4.5 * error);
  }
}

TEST_CASE("moments of ratios between shifted normals") {
  const GaussianRatio ratio{.shift = 0.6};
  const double sigma = 0.5;
  const double mean = 0.7;
  // integrals over a fine grid
  double first = 0;
  double second = 0;
  double forward = 0;
  double backward = 0;
  const double width = 1e-3;
  for (double z = -12; z < 12; z += width) {
    const double a = mean + sigma * z;
    const auto density = [&](double m) {
      return std::exp(-0.5 * std::pow((a - m) / sigma, 2)) / (sigma * std::sqrt(2 * std::numbers::pi));
    };
    const double q = density(mean);
    const double p = density(mean + 0.6 * sigma);
    first += p * sigma * width;
    second += p * p / q * sigma * width;
    forward += q * std::log(q / p) * sigma * width;
    backward += p * std::log(p / q) * sigma * width;
  }
  CHECK(first == Approx(1).epsilon(1e-9));
  CHECK(ratio.second_moment() == Approx(second).epsilon(1e-9));
  CHECK(ratio.effective_share() == Approx(1 / second).epsilon(1e-9));
  CHECK(ratio.kl() == Approx(forward).epsilon(1e-9));
  CHECK(ratio.kl() == Approx(backward).epsilon(1e-9));
}
