// SPDX-License-Identifier: MIT
#include "vantage/update/vpg.hpp"

#include "optim/round_trip.hpp"
#include "update/by_hand.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/tabular/quadratic_value.hpp"
#include "vantage/value/no_value.hpp"

using namespace vantage;
using Policy = GaussianPolicy<double>;

namespace {

struct Setup {
  Context context{{.threads = 2}};
  Policy policy;
  Batch<double> batch;
  AdvantageEstimate<double> estimate;

  Setup() : policy(make()) {
    Collector<PointMass> collector(VectorEnvironment<PointMass>(PointMass(), {.count = 4}), {.steps = 60});
    collector.collect(policy, context, batch);
    Gae{}(batch, NoValue<double>{}, context, estimate);
  }

  static Policy make() {
    Rng rng(3);
    return Policy(2, 1, {.hidden = {6}}, rng);
  }

  // -1/N sum A log pi
  double loss(const Policy& at, const Vector<double>& advantages) {
    Vector<double> log_probs(batch.size());
    at.log_prob(batch.observations, batch.actions, context, log_probs);
    return -advantages.dot(log_probs) / static_cast<double>(batch.size());
  }

  // the loss's gradient, one sample at a time
  Vector<double> gradient(const Vector<double>& advantages) {
    Vector<double> sum = Vector<double>::Zero(policy.parameters().size());
    for (Index n = 0; n < batch.size(); ++n) {
      Vector<double> score;
      policy.score_gradient(
          batch.observations.middleCols(n, 1), batch.actions.middleCols(n, 1),
          [](Index, const VectorRef<double>&, VectorRef<double> weights) { weights.setOnes(); }, context, score);
      sum -= advantages[n] / static_cast<double>(batch.size()) * score;
    }
    return sum;
  }
};

}  // namespace

TEST_CASE("an update is one Adam step on the gradient by hand") {
  for (const bool normalize : {false, true}) {
    for (const double limit : {0.0, 0.01}) {
      Setup setup;
      Vector<double> advantages = setup.estimate.advantages;
      if (normalize) {
        advantages.array() -= advantages.mean();
        advantages /= std::sqrt(advantages.squaredNorm() / static_cast<double>(advantages.size())) + 1e-8;
      }
      Vector<double> gradient = setup.gradient(advantages);
      const double norm = gradient.norm();
      if (limit > 0) {
        REQUIRE(norm > limit);
        gradient *= limit / norm;
      }
      Vector<double> expected = setup.policy.parameters();
      Adam<double>({.learning_rate = 0.01}).step(expected, gradient);

      const double loss = setup.loss(setup.policy, advantages);
      Vpg<Policy> vpg(
          {.optimizer = AdamOptions{.learning_rate = 0.01},
           .max_gradient_norm = limit,
           .advantage_normalization = normalize ? AdvantageNormalization::batch : AdvantageNormalization::none});
      const PolicyReport report = vpg(setup.policy, setup.batch, setup.estimate, setup.context);
      CHECK((setup.policy.parameters() - expected).cwiseAbs().maxCoeff() < 1e-12);
      CHECK(report.gradient_norm == Approx(norm).epsilon(1e-10));
      CHECK(report.epochs == 1);
      CHECK_FALSE(report.violated);
      CHECK(report.step.mean_kl > 0);
      // the step goes downhill
      CHECK(setup.loss(setup.policy, advantages) < loss);
    }
  }
}

TEST_CASE("a reverted step leaves policy and optimiser as they were") {
  Setup setup;
  const Vector<double> start = setup.policy.parameters();
  VpgOptions options{.optimizer = AdamOptions{.learning_rate = 0.05}};
  options.trust_region = {.max_mean_kl = 1e-9, .on_violation = OnViolation::revert};
  Vpg<Policy> vpg(options);
  for (int round = 0; round < 2; ++round) {
    const PolicyReport report = vpg(setup.policy, setup.batch, setup.estimate, setup.context);
    CHECK(report.violated);
    CHECK(report.reverted);
    CHECK(report.step.mean_kl > 1e-9);  // of the step, before it was taken back
    CHECK(setup.policy.parameters() == start);
    CHECK(vpg.optimizer().steps() == 0);
  }
  // the same step, kept: the reverted one has left nothing behind in the optimiser
  Setup fresh;
  Vpg<Policy> plain({.optimizer = AdamOptions{.learning_rate = 0.05}});
  plain(fresh.policy, fresh.batch, fresh.estimate, fresh.context);
  vpg.optimizer().step(setup.policy.parameters(), setup.gradient(setup.estimate.advantages));
  CHECK((setup.policy.parameters() - fresh.policy.parameters()).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("observing and stopping report a violation and keep the step") {
  Setup free;
  Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 0.05}})(free.policy, free.batch, free.estimate, free.context);
  for (const OnViolation action : {OnViolation::observe, OnViolation::stop}) {
    Setup setup;
    VpgOptions options{.optimizer = AdamOptions{.learning_rate = 0.05}};
    options.trust_region = {.max_mean_kl = 1e-9, .on_violation = action};
    Vpg<Policy> vpg(options);
    const PolicyReport report = vpg(setup.policy, setup.batch, setup.estimate, setup.context);
    CHECK(report.violated);
    CHECK_FALSE(report.reverted);
    CHECK(setup.policy.parameters() == free.policy.parameters());
  }
  // a region that holds the step
  Setup inside;
  VpgOptions options{.optimizer = AdamOptions{.learning_rate = 0.05}};
  options.trust_region = {.max_mean_kl = 100, .on_violation = OnViolation::revert};
  const PolicyReport report = Vpg<Policy>(options)(inside.policy, inside.batch, inside.estimate, inside.context);
  CHECK_FALSE(report.violated);
  CHECK(inside.policy.parameters() == free.policy.parameters());
}

TEST_CASE("the policy gradient is the slope of the closed-form value") {
  // a linear policy u ~ N(-k x, sigma^2) in the point mass: 400 episodes, long against the discount, as one batch each.
  // d/dtheta E[V(s_0)] = E[sum_t gamma^t score_t Q_t], estimated by discounted returns from t on
  const double gamma = 0.9;
  const double sigma = 0.5;
  const Matrix<double> gain{{0.6, 0.8}};
  const PointMassOptions options{.max_episode_steps = 0};
  const PointMass world(options);
  Rng rng(1);
  Policy policy(2, 1, {.hidden = {}}, rng);
  policy.parameters() << -gain(0, 0), -gain(0, 1), 0, std::log(sigma);
  Context context;
  const Index steps = 150;  // gamma^150 < 2e-7
  const Index runs = 3000;
  Collector<PointMass> collector(VectorEnvironment<PointMass>(world, {.count = runs}),
                                 {.steps = steps, .normalize_observations = false});
  Batch<double> batch;
  collector.collect(policy, context, batch);
  AdvantageEstimate<double> estimate;
  Gae{gamma, 1.0}(batch, NoValue<double>{}, context, estimate);

  // each run's own estimate, so that its spread gives the error
  Matrix<double> estimates(3, runs);
  Vector<double> returns(runs);
  double expected_return = 0;
  const QuadraticValue value = quadratic_value(options, gain, gamma, sigma);
  for (Index e = 0; e < runs; ++e) {
    Eigen::Vector3d sum = Eigen::Vector3d::Zero();
    double discount = 1;
    for (Index t = 0; t < steps; ++t) {
      const Index n = t * runs + e;
      const Eigen::Vector2d s = batch.observations.col(n);
      const double off = batch.actions(0, n) + gain.row(0).dot(s);
      // the value of the state is a baseline: it takes variance away, not bias
      const double advantage = estimate.advantages[n] - value(Vector<double>(s));
      const Eigen::Vector3d score(off / (sigma * sigma) * s[0], off / (sigma * sigma) * s[1],
                                  off * off / (sigma * sigma) - 1);
      sum += discount * advantage * score;
      discount *= gamma;
    }
    estimates.col(e) = sum;
    returns[e] = estimate.advantages[e];
    expected_return += value(Vector<double>(batch.observations.col(e))) / static_cast<double>(runs);
  }
  // z-tests at 4 deviations: a right gradient fails one of four with probability 3e-4
  Vector<double> spread(runs);
  for (Index e = 0; e < runs; ++e) spread[e] = returns[e] - value(Vector<double>(batch.observations.col(e)));
  const double root = std::sqrt(static_cast<double>(runs));
  CHECK(std::abs(returns.mean() - expected_return) <
        4 * std::sqrt(spread.squaredNorm() / static_cast<double>(runs)) / root);
  const auto mean_value = [&](double k0, double k1, double deviation) {
    const QuadraticValue v = quadratic_value(options, Matrix<double>{{k0, k1}}, gamma, deviation);
    double sum = 0;
    for (Index e = 0; e < runs; ++e) sum += v(Vector<double>(batch.observations.col(e)));
    return sum / static_cast<double>(runs);
  };
  const double h = 1e-4;
  const Eigen::Vector3d slope(
      -(mean_value(gain(0, 0) + h, gain(0, 1), sigma) - mean_value(gain(0, 0) - h, gain(0, 1), sigma)) / (2 * h),
      -(mean_value(gain(0, 0), gain(0, 1) + h, sigma) - mean_value(gain(0, 0), gain(0, 1) - h, sigma)) / (2 * h),
      (mean_value(gain(0, 0), gain(0, 1), sigma * std::exp(h)) -
       mean_value(gain(0, 0), gain(0, 1), sigma * std::exp(-h))) /
          (2 * h));
  for (Index i = 0; i < 3; ++i) {
    const double mean = estimates.row(i).mean();
    const double error = std::sqrt((estimates.row(i).array() - mean).square().mean()) / root;
    INFO("component " << i << ": " << mean << " +- " << error << ", closed form " << slope[i]);
    CHECK(std::abs(mean - slope[i]) < 4 * error);
  }
  // the test can see the sign of at least the action's noise
  CHECK(std::abs(slope[2]) > 20 * std::sqrt((estimates.row(2).array() - slope[2]).square().mean()) / root);
}

TEST_CASE("epochs of minibatches are what a loop over single samples makes, with importance weights and without") {
  std::vector<Vector<double>> results;
  for (const bool weighted : {false, true}) {
    for (const double entropy : {0.0, 0.05}) {
      for (const Index minibatch : {0, 24}) {
        const ByHand hand{.optimizer = AdamOptions{.learning_rate = 0.03},
                          .epochs = 3,
                          .minibatch = minibatch,
                          .max_gradient_norm = 0.5,
                          .normalization = AdvantageNormalization::batch,
                          .entropy_coefficient = entropy};
        Context context({.seed = 5});
        Policy policy = small_policy();
        const DrawnBatch<> drawn(policy, 96);
        Policy expected = policy;
        Optimizer<double> optimizer(hand.optimizer);
        update_by_hand(expected, drawn.batch, drawn.estimate.advantages, hand, optimizer, minibatch_stream(context),
                       [&](double ratio, double advantage) { return weighted ? ratio * advantage : advantage; });
        Vpg<Policy> vpg({.optimizer = hand.optimizer,
                         .epochs = 3,
                         .minibatch = minibatch,
                         .importance_weights = weighted,
                         .max_gradient_norm = 0.5,
                         .advantage_normalization = AdvantageNormalization::batch,
                         .entropy_coefficient = entropy});
        const PolicyReport report = vpg(policy, drawn.batch, drawn.estimate, context);
        CHECK((policy.parameters() - expected.parameters()).cwiseAbs().maxCoeff() < 1e-7);
        CHECK(report.epochs == 3);
        results.push_back(policy.parameters());
      }
    }
  }
  // every option makes a difference
  for (std::size_t i = 0; i < results.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) CHECK((results[i] - results[j]).cwiseAbs().maxCoeff() > 1e-5);
  }
}

TEST_CASE("importance weights make no difference to the first step") {
  const auto step = [](bool weighted) {
    Context context;
    Policy policy = small_policy();
    const DrawnBatch<> drawn(policy, 96);
    Vpg<Policy>({.optimizer = SgdOptions{.learning_rate = 1}, .importance_weights = weighted})(policy, drawn.batch,
                                                                                               drawn.estimate, context);
    return policy.parameters();
  };
  CHECK((step(true) - step(false)).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((step(true) - small_policy().parameters()).norm() > 0.01);
}

TEST_CASE("the entropy coefficient follows its schedule over the run") {
  const VpgOptions options{.optimizer = SgdOptions{.learning_rate = 0.1, .momentum = 0.5},
                           .entropy_coefficient = Schedule::linear(0.4, 0)};
  Context context;
  Policy policy = small_policy();
  const DrawnBatch<> drawn(policy, 96);
  Policy expected = policy;
  Optimizer<double> optimizer(options.optimizer);
  Vpg<Policy> vpg(options), again(options);
  for (int update = 0; update < 3; ++update) {
    context.set_progress(0.5 * update);
    if (update == 1) {
      copy_state(vpg, again);
      std::swap(vpg, again);
    }
    update_by_hand(expected, drawn.batch, drawn.estimate.advantages, {.entropy_coefficient = 0.4 - 0.2 * update},
                   optimizer, Rng(0), [](double, double advantage) { return advantage; });
    vpg(policy, drawn.batch, drawn.estimate, context);
    CHECK((policy.parameters() - expected.parameters()).cwiseAbs().maxCoeff() < 1e-8);
  }
}

TEST_CASE("VPG: impossible updates are refused") {
  CHECK_THROWS_AS(Vpg<Policy>({.max_gradient_norm = -1}), std::invalid_argument);
  CHECK_THROWS_WITH(Vpg<Policy>({.epochs = 0}), Catch::Matchers::ContainsSubstring("Vpg: expected epochs >= 1"));
  CHECK_THROWS_AS(Vpg<Policy>({.minibatch = -1}), std::invalid_argument);
  VpgOptions options;
  options.trust_region.min_ratio = 2;
  CHECK_THROWS_AS(Vpg<Policy>(options), std::invalid_argument);
}
