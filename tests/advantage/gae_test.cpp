// SPDX-License-Identifier: MIT
#include "vantage/advantage/gae.hpp"

#include "advantage/random_batch.hpp"
#include "catch.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

// the definition as a mixture of k-step advantages: (1 - lambda) sum lambda^(k-1) A^(k), the rest on the longest one
double mixture(const Batch<double>& batch, Index e, Index start, double gamma, double lambda) {
  const auto sample = [&](Index t) { return t * batch.environments() + e; };
  double result = 0;
  double rewards = 0;
  double discount = 1;
  double weight = 1;
  for (Index t = start;; ++t) {
    rewards += discount * batch.rewards(e, t);
    discount *= gamma;
    const Ending ending = batch.endings(e, t);
    const double advantage =
        rewards + discount * next_value(batch, sample(t)) - waves(batch.observations.col(sample(start)));
    if (ending != Ending::none) return result + weight * advantage;
    result += (1 - lambda) * weight * advantage;
    weight *= lambda;
  }
}

}  // namespace

TEST_CASE("advantages are the mixture of k-step advantages") {
  Context context;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Index environments = 1 + static_cast<Index>(seed % 4);
    const Batch<double> batch = random_batch(seed, environments, 1 + static_cast<Index>(5 * seed));
    for (const double lambda : {0.0, 0.5, 0.95, 1.0}) {
      for (const double gamma : {0.0, 0.9, 1.0}) {
        for (const auto targets : {ValueTargets::advantage_plus_value, ValueTargets::monte_carlo}) {
          AdvantageEstimate<double> estimate;
          Gae{gamma, lambda, targets}(batch, Waves{}, context, estimate);
          const double trace = targets == ValueTargets::monte_carlo ? 1.0 : lambda;
          double worst = 0;
          for (Index n = 0; n < batch.size(); ++n) {
            const Index e = n % environments;
            const Index t = n / environments;
            const double value = waves(batch.observations.col(n));
            worst = std::max(worst, std::abs(estimate.advantages[n] - mixture(batch, e, t, gamma, lambda)));
            worst = std::max(worst, std::abs(estimate.value_targets[n] - value - mixture(batch, e, t, gamma, trace)));
            worst = std::max(worst, std::abs(estimate.values[n] - value));
          }
          CHECK(worst < 1e-11);
        }
      }
    }
  }
}

TEST_CASE("with the last state's value at a cut, all before it is off by the trace of that difference") {
  Context context;
  const double gamma = 0.9;
  const double lambda = 0.8;
  Index cuts = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Batch<double> batch = random_batch(seed, 3, 17);
    AdvantageEstimate<double> correct;
    AdvantageEstimate<double> published;
    Gae{.gamma = gamma, .lambda = lambda}(batch, Waves{}, context, correct);
    Gae{.gamma = gamma, .lambda = lambda, .cut_bootstrap = CutBootstrap::last_state}(batch, Waves{}, context,
                                                                                     published);
    for (Index e = 0; e < 3; ++e) {
      double off = 0;
      for (Index t = 16; t >= 0; --t) {
        const Index n = 3 * t + e;
        const Ending ending = batch.endings(e, t);
        off *= gamma * lambda;
        if (ending != Ending::none) {
          const bool is_cut = ending != Ending::terminated;
          off = is_cut ? gamma * (waves(batch.observations.col(n)) - next_value(batch, n)) : 0;
          cuts += is_cut ? 1 : 0;
        }
        CHECK(published.advantages[n] - correct.advantages[n] == Approx(off).margin(1e-12));
        CHECK(published.value_targets[n] - correct.value_targets[n] == Approx(off).margin(1e-12));
      }
    }
  }
  CHECK(cuts > 18);
}

TEST_CASE("an annuity of one a step for ever has no advantages, whatever cuts it") {
  const double gamma = 0.9;
  Rng rng(4);
  using P = GaussianPolicy<double>;
  const P policy(2, 1, {}, rng);
  Context context;
  // ten steps of episodes of seven, ended by the clock or by the environment itself: others are cut by the batch
  for (const WalkOptions& options :
       {WalkOptions{.limit = 7, .annuity = true}, WalkOptions{.limit = 0, .annuity = true, .cut = 7},
        WalkOptions{.limit = 7, .annuity = true, .cut = 3}}) {
    Collector<Walk> collector(VectorEnvironment<Walk>(Walk(options), {.count = 3}), {.steps = 10});
    Batch<double> batch;
    for (int round = 0; round < 3; ++round) {
      collector.collect(policy, context, batch);
      CHECK(batch.successor_count() >= 6);
      for (const double lambda : {0.0, 0.5, 0.95, 1.0}) {
        AdvantageEstimate<double> estimate;
        Gae{gamma, lambda}(batch, Constant{1 / (1 - gamma)}, context, estimate);
        CHECK(estimate.advantages.cwiseAbs().maxCoeff() < 1e-13);
        CHECK((estimate.value_targets.array() - 10).abs().maxCoeff() < 1e-13);
      }
    }
  }
}

TEST_CASE("an episode that ends where it is cut off has no value after it") {
  Rng rng(4);
  const GaussianPolicy<double> policy(2, 1, {}, rng);
  Context context;
  const WalkOptions options{.limit = 7, .life = 7, .annuity = true, .cut = 7};
  Collector<Walk> collector(VectorEnvironment<Walk>(Walk(options), {.count = 1}), {.steps = 7});
  Batch<double> batch;
  collector.collect(policy, context, batch);
  CHECK(batch.endings(0, 6) == Ending::terminated);
  CHECK(batch.successor_count() == 0);
  AdvantageEstimate<double> estimate;
  Gae{1.0, 1.0}(batch, Constant{100}, context, estimate);
  for (Index t = 0; t < 7; ++t) CHECK(estimate.value_targets[t] == Approx(static_cast<double>(7 - t)));
}

TEST_CASE("discounts outside [0, 1] are refused") {
  Context context;
  const Batch<double> batch = random_batch(1, 2, 3);
  AdvantageEstimate<double> estimate;
  CHECK_THROWS_AS((Gae{1.01, 0.5}(batch, Waves{}, context, estimate)), std::invalid_argument);
  CHECK_THROWS_AS((Gae{0.9, -0.1}(batch, Waves{}, context, estimate)), std::invalid_argument);
  CHECK_THROWS_AS((Gae{std::nan(""), 0.5}(batch, Waves{}, context, estimate)), std::invalid_argument);
}
