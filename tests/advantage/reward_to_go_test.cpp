// SPDX-License-Identifier: MIT
#include "vantage/advantage/reward_to_go.hpp"

#include <utility>
#include <vector>

#include "advantage/random_batch.hpp"
#include "catch.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/tabular/quadratic_value.hpp"
#include "vantage/value/no_value.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

constexpr Baseline kBaselines[] = {Baseline::none, Baseline::average, Baseline::leave_one_out, Baseline::value};

// the first sample of the trajectory that sample n belongs to: its name
Index trajectory(const Batch<double>& batch, Index n) {
  const Index environments = batch.environments();
  while (n >= environments && batch.endings(n - environments) == Ending::none) n -= environments;
  return n;
}

// the baseline of sample n, by a sum over all samples
double baseline(const Batch<double>& batch, Index n, double gamma, Baseline kind) {
  if (kind == Baseline::none) return 0;
  if (kind == Baseline::value) return waves(batch.observations.col(n));
  double sum = 0;
  int count = 0;
  for (Index other = 0; other < batch.size(); ++other) {
    if (kind == Baseline::leave_one_out && trajectory(batch, other) == trajectory(batch, n)) continue;
    sum += return_from(batch, other, gamma);
    ++count;
  }
  return count > 0 ? sum / count : 0.0;
}

// steps since the episode's start
Index time_of(const Batch<double>& batch, Index n) {
  const Index first = trajectory(batch, n);
  const Index before = first < batch.environments() ? batch.first_times[first] : 0;
  return before + (n - first) / batch.environments();
}

// the point mass for a fixed number of steps, which it then knows to be over
class Finite {
 public:
  Finite(PointMass world, Index steps) : world_(std::move(world)), steps_(steps) {}
  const EnvironmentSpec& spec() const { return world_.spec(); }
  void reset(Rng& rng, VectorRef<double> observation) {
    left_ = steps_;
    world_.reset(rng, observation);
  }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    StepResult result = world_.step(action, observation);
    result.terminated = --left_ == 0;
    return result;
  }

 private:
  PointMass world_;
  Index steps_;
  Index left_ = 0;
};

// closed forms of that world with u ~ N(K x, sigma^2): x' = A x + B u, reward -(x' Q x + R u^2),
// V_t(x) = -(x' P_t x + c_t), and S_t = E[x_t x_t']
struct LinearQuadratic {
  double gamma;
  Index steps;
  Eigen::Matrix2d a, q, start;
  Eigen::Vector2d b;
  double r;

  LinearQuadratic(const PointMassOptions& world, double discount, Index horizon) : gamma(discount), steps(horizon) {
    a << 1, world.dt, 0, 1 - world.dt * world.damping / world.mass;
    b << 0, world.dt / world.mass;
    q << world.position_weight, 0, 0, world.velocity_weight;
    r = world.control_weight;
    start = Eigen::Matrix2d::Identity() * world.initial_range * world.initial_range / 3;
  }

  // the return, and the gradient sum_t w_t E[score_t Q_t] by K and log sigma, w_t = gamma^t or 1
  double operator()(const Eigen::RowVector2d& k, double sigma, bool discount_weights, Eigen::Vector3d& gradient) const {
    const Eigen::Matrix2d closed = a + b * k;
    const Eigen::Matrix2d noise = sigma * sigma * b * b.transpose();
    std::vector<Eigen::Matrix2d> moments{start};
    for (Index t = 1; t < steps; ++t) {
      moments.emplace_back(closed * moments.back() * closed.transpose() + noise);
    }
    Eigen::Matrix2d p = Eigen::Matrix2d::Zero();
    double c = 0;
    gradient.setZero();
    for (Index t = steps - 1; t >= 0; --t) {
      const double weight = discount_weights ? std::pow(gamma, static_cast<double>(t)) : 1.0;
      const Eigen::RowVector2d slope = r * k + gamma * b.transpose() * p * closed;
      const double curvature = r + gamma * b.dot(p * b);
      gradient.head<2>() -= 2 * weight * (slope * moments[static_cast<std::size_t>(t)]).transpose();
      gradient[2] -= 2 * weight * curvature * sigma * sigma;
      c = r * sigma * sigma + gamma * ((p * noise).trace() + c);
      p = (q + r * k.transpose() * k + gamma * closed.transpose() * p * closed).eval();
    }
    return -((p * start).trace() + c);
  }
};

// a baseline that knows the state, in this case the value of the same problem without an end
struct Quadratic {
  QuadraticValue value;
  void predict(ConstMatrixRef<double> inputs, Context&, VectorRef<double> values) const {
    for (Index n = 0; n < inputs.cols(); ++n) values[n] = value(Vector<double>(inputs.col(n)));
  }
};

AdvantageEstimate<double> estimate_of(const auto& estimator, const Batch<double>& batch, const auto& value) {
  Context context;
  AdvantageEstimate<double> estimate;
  estimator(batch, value, context, estimate);
  return estimate;
}

}  // namespace

TEST_CASE("advantages are rewards to go less the baseline, by their definitions") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Batch<double> batch = random_batch(seed, 1 + static_cast<Index>(seed % 3), 1 + static_cast<Index>(3 * seed));
    for (const Baseline kind : kBaselines) {
      for (const double gamma : {0.0, 0.9, 1.0}) {
        for (const bool discount : {false, true}) {
          const auto estimate = estimate_of(RewardToGo{gamma, kind, discount}, batch, Waves{});
          double worst = 0;
          for (Index n = 0; n < batch.size(); ++n) {
            const double expected = return_from(batch, n, gamma);
            const double weight = discount ? std::pow(gamma, static_cast<double>(time_of(batch, n))) : 1.0;
            const double advantage = weight * (expected - baseline(batch, n, gamma, kind));
            worst = std::max(worst, std::abs(estimate.advantages[n] - advantage));
            worst = std::max(worst, std::abs(estimate.value_targets[n] - expected));
          }
          CHECK(worst < 1e-12);
        }
      }
    }
  }
}

TEST_CASE("with the value as baseline it is GAE with lambda = 1: Monte Carlo minus V") {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Batch<double> batch = random_batch(seed, 1 + static_cast<Index>(seed % 4), 5 + static_cast<Index>(9 * seed));
    for (const double gamma : {0.0, 0.9, 1.0}) {
      const auto to_go = estimate_of(RewardToGo{gamma, Baseline::value}, batch, Waves{});
      const auto gae = estimate_of(Gae{gamma, 1.0}, batch, Waves{});
      const auto returns = estimate_of(Gae{gamma, 0.3, ValueTargets::monte_carlo}, batch, Waves{});
      CHECK((to_go.advantages - gae.advantages).cwiseAbs().maxCoeff() < 1e-12);
      CHECK((to_go.value_targets - gae.value_targets).cwiseAbs().maxCoeff() < 1e-12);
      CHECK(to_go.value_targets == returns.value_targets);
    }
  }
}

TEST_CASE("an annuity has the same return everywhere and no advantage over any baseline but none") {
  const double gamma = 0.9;
  Rng rng(4);
  const GaussianPolicy<double> policy(2, 1, {}, rng);
  Context context;
  Collector<Walk> collector(VectorEnvironment<Walk>(Walk({.annuity = true}), {.count = 3}), {.steps = 10});
  Batch<double> batch;
  for (int round = 0; round < 3; ++round) {
    collector.collect(policy, context, batch);
    for (const Baseline kind : kBaselines) {
      const auto estimate = estimate_of(RewardToGo{gamma, kind}, batch, Constant{1 / (1 - gamma)});
      CHECK((estimate.value_targets.array() - 10).abs().maxCoeff() < 1e-13);
      const double expected = kind == Baseline::none ? 10 : 0;
      CHECK((estimate.advantages.array() - expected).abs().maxCoeff() < 1e-13);
    }
  }
}

TEST_CASE("leaving out the only trajectory leaves nothing: the baseline is 0") {
  Batch<double> batch = random_batch(1, 1, 6);
  batch.endings.setConstant(Ending::none);
  batch.endings(5) = Ending::terminated;
  batch.successor_samples.clear();
  const auto estimate = estimate_of(RewardToGo{0.9, Baseline::leave_one_out}, batch, Waves{});
  CHECK(estimate.advantages == estimate.value_targets);
  // trajectories of one length: the mean of the others' means
  Batch<double> three = random_batch(2, 3, 4);
  three.endings.setConstant(Ending::none);
  three.endings.col(3).setConstant(Ending::terminated);
  three.successor_samples.clear();
  const auto out = estimate_of(RewardToGo{0.9, Baseline::leave_one_out}, three, Waves{});
  const Eigen::Map<const Matrix<double>> returns(out.value_targets.data(), 3, 4);
  const Eigen::Map<const Matrix<double>> advantages(out.advantages.data(), 3, 4);
  const Eigen::Vector3d means = returns.rowwise().mean();
  for (Index i = 0; i < 3; ++i) {
    const double others = (means.sum() - means[i]) / 2;
    CHECK((returns.row(i).array() - others - advantages.row(i).array()).abs().maxCoeff() < 1e-13);
  }
}

TEST_CASE("an episode's clock runs on across the border of batches") {
  // this world shows its clock: the observation's second number
  const double gamma = 0.8;
  Rng rng(4);
  const GaussianPolicy<double> policy(2, 1, {}, rng);
  Context context;
  Collector<Walk> collector(VectorEnvironment<Walk>(Walk({.limit = 13, .bound = 1.5}), {.count = 5}),
                            {.steps = 4, .normalize_observations = false});
  Batch<double> batch;
  double longest = 0;
  for (int round = 0; round < 12; ++round) {
    collector.collect(policy, context, batch);
    const auto plain = estimate_of(RewardToGo{gamma}, batch, Waves{});
    const auto weighted = estimate_of(RewardToGo{gamma, Baseline::none, true}, batch, Waves{});
    for (Index n = 0; n < batch.size(); ++n) {
      const double time = batch.observations(1, n);
      longest = std::max(longest, time);
      CHECK(weighted.advantages[n] == Approx(std::pow(gamma, time) * plain.advantages[n]).epsilon(1e-12).margin(1e-14));
      CHECK(weighted.value_targets[n] == plain.value_targets[n]);
    }
  }
  CHECK(longest == 12);
}

TEST_CASE("single precision is the same up to its rounding") {
  const Batch<double> batch = random_batch(7, 3, 40);
  Batch<float> narrow;
  narrow.resize(2, 1, 3, 40);
  narrow.observations = batch.observations.cast<float>();
  narrow.rewards = batch.rewards.cast<float>();
  narrow.endings = batch.endings;
  narrow.successors = batch.successors.cast<float>();
  narrow.successor_samples = batch.successor_samples;
  narrow.first_times = batch.first_times;
  Context context;
  for (const Baseline kind : kBaselines) {
    // NoValue of either width: what lies beyond is worth 0
    AdvantageEstimate<float> out;
    RewardToGo{0.95, kind, true}(narrow, NoValue<float>{}, context, out);
    const auto wide = estimate_of(RewardToGo{0.95, kind, true}, batch, NoValue<double>{});
    CHECK((out.advantages.cast<double>() - wide.advantages).cwiseAbs().maxCoeff() < 1e-5);
    CHECK((out.value_targets.cast<double>() - wide.value_targets).cwiseAbs().maxCoeff() < 1e-5);
  }
}

TEST_CASE("a discount outside [0, 1] is refused") {
  const Batch<double> batch = random_batch(1, 2, 3);
  for (const double gamma : {1.01, -0.1, std::nan("")}) {
    CHECK_THROWS_AS(estimate_of(RewardToGo{gamma}, batch, Waves{}), std::invalid_argument);
  }
}

TEST_CASE("a Gaussian bandit: the gradient's mean and variance under each baseline") {
  // reward -(a - target)^2 under a ~ N(mu, sigma^2), D = mu - target: dJ/dmu = -2 D; with a constant baseline b the
  // variance of one sample's (r - b) (a - mu) / sigma^2 is
  // ((D^2 + b)^2 + 12 D^2 sigma^2 + 6 (D^2 + b) sigma^2 + 15 sigma^4) / sigma^2 - 4 D^2
  const double off = 1.1;  // D
  const double sigma = 0.5;
  const Index samples = 5;
  const Index repetitions = 40'000;
  Rng rng(11);
  Context context;
  Batch<double> batch;
  batch.resize(1, 1, samples, 1);
  batch.observations.setZero();
  batch.endings.setConstant(Ending::terminated);
  batch.successors.resize(1, 0);
  AdvantageEstimate<double> estimate;
  const double variance = sigma * sigma;
  const double value = -(off * off + variance);
  const double optimal = -(off * off + 3 * variance);
  struct Case {
    const char* name;
    RewardToGo estimator;
    double constant;
    double mean = 0, square = 0, fourth = 0;
  };
  Case cases[] = {{"none", {1.0, Baseline::none, true}, 0},
                  {"value", {1.0, Baseline::value, true}, value},
                  {"optimal constant", {1.0, Baseline::value, true}, optimal},
                  {"average", {1.0, Baseline::average, true}, 0},
                  {"leave one out", {1.0, Baseline::leave_one_out, true}, 0}};
  for (Index repetition = 0; repetition < repetitions; ++repetition) {
    Vector<double> scores(samples);
    for (Index n = 0; n < samples; ++n) {
      const double noise = sigma * rng.normal();
      scores[n] = noise / variance;
      batch.rewards(n) = -(off + noise) * (off + noise);
    }
    for (Case& c : cases) {
      c.estimator(batch, Constant{c.constant}, context, estimate);
      const double gradient = estimate.advantages.dot(scores) / static_cast<double>(samples);
      // about the mean that theory gives
      const double shrink = c.estimator.baseline == Baseline::average ? 1 - 1.0 / static_cast<double>(samples) : 1.0;
      const double error = gradient - shrink * -2 * off;
      c.mean += error / static_cast<double>(repetitions);
      c.square += error * error / static_cast<double>(repetitions);
      c.fourth += error * error * error * error / static_cast<double>(repetitions);
    }
  }
  // z-tests at 4 deviations, eight of them: a right estimator fails with probability 5e-4
  const double root = std::sqrt(static_cast<double>(repetitions));
  for (const Case& c : cases) {
    INFO(c.name << ": mean error " << c.mean << ", variance " << c.square);
    CHECK(std::abs(c.mean) < 4 * std::sqrt(c.square) / root);
    if (c.estimator.baseline == Baseline::none || c.estimator.baseline == Baseline::value) {
      const double shifted = off * off + c.constant;
      const double one =
          (shifted * shifted + 12 * off * off * variance + 6 * shifted * variance + 15 * variance * variance) /
              variance -
          4 * off * off;
      const double expected = one / static_cast<double>(samples);
      CHECK(std::abs(c.square - expected) < 4 * std::sqrt(c.fourth - c.square * c.square) / root);
    }
  }
  // the value is not the best constant, and both are far better than none
  CHECK(cases[2].square < cases[1].square);
  CHECK(cases[1].square < 0.5 * cases[0].square);
  CHECK(cases[4].square < cases[0].square);
  // the mean over the batch shrinks the gradient by 1 - 1/n, which the test sees
  CHECK(std::abs(2 * off / static_cast<double>(samples)) > 20 * std::sqrt(cases[3].square) / root);
}

TEST_CASE("REINFORCE's mean is the closed-form gradient, with and without gamma^t") {
  const double gamma = 0.7;
  const Index steps = 6;
  const double sigma = 0.5;
  const Eigen::RowVector2d gain(-0.6, -0.8);
  const PointMassOptions options{.dt = 0.5, .max_episode_steps = 0};
  const LinearQuadratic exact(options, gamma, steps);

  // the closed form is the slope of the return where it claims to be
  Eigen::Vector3d with_weights, without, unused;
  exact(gain, sigma, true, with_weights);
  exact(gain, sigma, false, without);
  for (Index i = 0; i < 3; ++i) {
    const auto moved = [&](double h) {
      const Eigen::RowVector2d k =
          gain + (i == 0 ? h : 0) * Eigen::RowVector2d(1, 0) + (i == 1 ? h : 0) * Eigen::RowVector2d(0, 1);
      return exact(k, i == 2 ? sigma * std::exp(h) : sigma, true, unused);
    };
    CHECK((moved(1e-5) - moved(-1e-5)) / 2e-5 == Approx(with_weights[i]).epsilon(1e-7));
  }

  // batches of twenty episodes, a gradient each
  const Index episodes = 20;
  const Index repetitions = 8'000;
  Rng rng(1);
  GaussianPolicy<double> policy(2, 1, {.hidden = {}}, rng);
  policy.parameters() << gain[0], gain[1], 0, std::log(sigma);
  Context context;
  Collector<Finite> collector(
      VectorEnvironment<Finite>(Finite(PointMass(options), steps), {.count = episodes, .seed = 3}),
      {.steps = steps, .normalize_observations = false});
  const Quadratic value{quadratic_value(options, -Matrix<double>(gain), gamma, sigma)};
  struct Case {
    RewardToGo estimator;
    Eigen::Vector4d expected;
    Eigen::Vector4d mean = Eigen::Vector4d::Zero();
    Eigen::Vector4d square = Eigen::Vector4d::Zero();
  };
  std::vector<Case> cases;
  for (const bool weights : {true, false}) {
    const Eigen::Vector3d& g = weights ? with_weights : without;
    for (const Baseline kind : {Baseline::none, Baseline::leave_one_out, Baseline::value}) {
      cases.push_back({{gamma, kind, weights}, {g[0], g[1], 0, g[2]}});
    }
  }
  Batch<double> batch;
  AdvantageEstimate<double> estimate;
  Vector<double> gradient;
  for (Index repetition = 0; repetition < repetitions; ++repetition) {
    collector.collect(policy, context, batch);
    for (Case& c : cases) {
      c.estimator(batch, value, context, estimate);
      policy.score_gradient(
          batch.observations, batch.actions,
          [&](Index first, const VectorRef<double>&, VectorRef<double> weights) {
            weights = estimate.advantages.segment(first, weights.size()) / static_cast<double>(episodes);
          },
          context, gradient);
      const Eigen::Vector4d error = gradient - c.expected;
      c.mean += error / static_cast<double>(repetitions);
      c.square += error.cwiseAbs2() / static_cast<double>(repetitions);
    }
  }
  // z-tests at 4.5 deviations, 24 of them: right estimators fail with probability 2e-4
  const double root = std::sqrt(static_cast<double>(repetitions));
  for (const Case& c : cases) {
    for (Index i = 0; i < 4; ++i) {
      const double deviation = std::sqrt(c.square[i]) / root;
      INFO("baseline " << static_cast<int>(c.estimator.baseline) << ", gamma^t " << c.estimator.discount_weights
                       << ", component " << i << ": " << c.expected[i] << " missed by " << c.mean[i] << " +- "
                       << deviation);
      CHECK(std::abs(c.mean[i]) < 4.5 * deviation);
      // the test tells the two weightings apart
      const Index own = i == 3 ? 2 : i;
      if (i != 2 && c.estimator.baseline == Baseline::value) {
        CHECK(std::abs(with_weights[own] - without[own]) > 10 * deviation);
      }
    }
  }
  // a baseline is there for the variance
  for (std::size_t i : {0U, 3U}) {
    CHECK(cases[i + 1].square.sum() < 0.8 * cases[i].square.sum());
    CHECK(cases[i + 2].square.sum() < cases[i + 1].square.sum());
  }
}
