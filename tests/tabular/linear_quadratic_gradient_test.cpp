// SPDX-License-Identifier: MIT
#include "vantage/tabular/linear_quadratic_gradient.hpp"

#include "catch.hpp"
#include "tabular/linear_worlds.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/tabular/linear_quadratic_environment.hpp"
#include "vantage/value/no_value.hpp"

using namespace vantage;

namespace {

// component k of the vector (K column by column, l) moved by h
LinearGaussian moved(LinearGaussian policy, Index k, double h) {
  const Index of_gain = policy.gain.size();
  if (k < of_gain) {
    policy.gain.data()[k] += h;
  } else {
    policy.log_std[k - of_gain] += h;
  }
  return policy;
}

}  // namespace

TEST_CASE("gradients of the scalar world are the known numbers") {
  const LinearGaussian gradient = policy_gradient(scalar_world(), scalar_policy());
  CHECK(gradient.gain(0, 0) == Approx(-2.3039837030330466).epsilon(1e-14));
  CHECK(gradient.log_std[0] == Approx(-3.0331914893616996).epsilon(1e-14));
  const LinearGaussian natural = natural_policy_gradient(scalar_world(), scalar_policy());
  CHECK(natural.gain(0, 0) == Approx(-2.4878297872340407).epsilon(1e-14));
  CHECK(natural.log_std[0] == Approx(-1.5165957446808498).epsilon(1e-14));
  CHECK(policy_fisher(scalar_world(), scalar_policy())(0, 0) == Approx(0.9261018237082074).epsilon(1e-14));
}

TEST_CASE("gradients are those of finite differences, and the Fisher matrix is the Hessian of the mean divergence") {
  Rng rng(1);
  for (int i = 0; i < 10; ++i) {
    const LinearQuadratic problem = random_linear_world(rng);
    const LinearGaussian policy = random_linear_policy(rng);
    const Vector<double> exact = flat(policy_gradient(problem, policy));
    const Vector<double> of_horizon = flat(evaluate_horizon(problem, policy, 6).gradient);
    const Matrix<double> fisher = policy_fisher(problem, policy);
    const double h = 1e-4;
    for (Index k = 0; k < exact.size(); ++k) {
      const LinearGaussian up = moved(policy, k, h);
      const LinearGaussian down = moved(policy, k, -h);
      const double slope =
          (evaluate_policy(problem, up).objective - evaluate_policy(problem, down).objective) / (2 * h);
      REQUIRE(exact[k] == Approx(slope).epsilon(1e-5).margin(1e-5));
      const double horizon_slope =
          (evaluate_horizon(problem, up, 6).objective - evaluate_horizon(problem, down, 6).objective) / (2 * h);
      REQUIRE(of_horizon[k] == Approx(horizon_slope).epsilon(1e-5).margin(1e-5));
      for (Index j = 0; j < exact.size(); ++j) {
        const auto kl = [&](double x, double y) { return mean_kl(problem, policy, moved(moved(policy, k, x), j, y)); };
        const double bend = (kl(h, h) - kl(h, -h) - kl(-h, h) + kl(-h, -h)) / (4 * h * h);
        REQUIRE(fisher(k, j) == Approx(bend).epsilon(1e-4).margin(1e-4));
      }
    }
    // the natural gradient solves the Fisher equations
    const Vector<double> natural = flat(natural_policy_gradient(problem, policy));
    REQUIRE((fisher * natural - exact).norm() < 1e-10 * exact.norm());
  }
}

TEST_CASE("at equal deviations the divergence is exactly quadratic in the step") {
  Rng rng(2);
  const LinearQuadratic problem = random_linear_world(rng);
  const LinearGaussian policy = random_linear_policy(rng);
  const Matrix<double> fisher = policy_fisher(problem, policy);
  for (const double length : {1e-3, 1.0, 100.0}) {
    const Matrix<double> step = length * random_matrix(2, 3, rng);
    const Vector<double> v = flat({step, Vector<double>::Zero(2)});
    CHECK(mean_kl(problem, policy, {policy.gain + step, policy.log_std}) ==
          Approx(0.5 * v.dot(fisher * v)).epsilon(1e-10));
  }
  // the library's policy on any states
  const GaussianPolicy<double> before = gaussian_policy<double>(policy);
  const Matrix<double> states = random_matrix(3, 300, rng);
  const Matrix<double> step = random_matrix(2, 3, rng);
  GaussianPolicy<double> after = gaussian_policy<double>({policy.gain + step, policy.log_std});
  Context context;
  Vector<double> kl(300);
  before.kl_divergence(after, states, context, kl);
  const Vector<double> v = after.parameters() - before.parameters();
  Vector<double> product(v.size());
  before.fisher_product(states, v, context, product);
  CHECK(kl.mean() == Approx(0.5 * v.dot(product)).epsilon(1e-12));
}

TEST_CASE("a long horizon has the values and the gradient of an endless one") {
  Rng rng(3);
  for (int i = 0; i < 10; ++i) {
    const LinearQuadratic problem = random_linear_world(rng);
    const LinearGaussian policy = random_linear_policy(rng);
    const LinearQuadraticEvaluation exact = evaluate_policy(problem, policy);
    const LinearQuadraticHorizon horizon = evaluate_horizon(problem, policy, 600);
    CHECK(horizon.objective == Approx(exact.objective).epsilon(1e-10));
    CHECK((horizon.values[0].curvature - exact.value.curvature).norm() < 1e-10);
    const Vector<double> expected = flat(policy_gradient(problem, policy));
    CHECK((flat(horizon.gradient) - expected).norm() < 1e-9 * expected.norm());
  }
  CHECK_THROWS_AS(evaluate_horizon(scalar_world(), scalar_policy(), 0), std::invalid_argument);
  // one step: only the cost of the action counts
  const LinearGaussian one = evaluate_horizon(scalar_world(), scalar_policy(), 1).gradient;
  CHECK(one.gain(0, 0) == Approx(-2 * 0.1 * -0.6));
  CHECK(one.log_std[0] == Approx(-2 * 0.1 * 0.16));
}

TEST_CASE("a linear policy and the library's own act alike, and gradients come back without biases") {
  Rng rng(4);
  const LinearGaussian policy = random_linear_policy(rng);
  const GaussianPolicy<double> network = gaussian_policy<double>(policy);
  Context context;
  const Matrix<double> states = random_matrix(3, 4, rng);
  Matrix<double> actions(2, 4);
  network.mode(states, actions, context, 0);
  CHECK((actions - policy.gain * states).norm() < 1e-14);
  const LinearGaussian back = linear_gaussian(network.parameters(), 3, 2);
  CHECK(back.gain == policy.gain);
  CHECK(back.log_std == policy.log_std);
  CHECK(linear_gaussian(gaussian_policy<float>(policy).parameters(), 3, 2).gain.isApprox(policy.gain, 1e-6));
  CHECK_THROWS_AS(linear_gaussian(network.parameters(), 2, 2), std::invalid_argument);
}

namespace {

/// Largest deviation, in standard errors, of sampled from exact gradients. Whole episodes of `steps` steps, one an
/// environment, through the library's collector, estimator and score gradient. Groups of episodes tell the errors.
template <class V>
double largest_z(const LinearQuadratic& problem, const LinearGaussian& policy, Index steps, const V& value,
                 double lambda, bool discount_weights, const Vector<double>& expected) {
  const Index groups = 200;
  const Index episodes = 100;
  Context context;
  const GaussianPolicy<double> network = gaussian_policy<double>(policy);
  Collector source(
      VectorEnvironment(LinearQuadraticEnvironment(problem, steps), {.count = episodes, .action_map = ActionMap::none}),
      {.steps = steps, .normalize_observations = false});
  Batch<double> batch;
  AdvantageEstimate<double> estimate;
  Vector<double> gradient;
  Vector<double> sum = Vector<double>::Zero(expected.size());
  Vector<double> squares = sum;
  for (Index group = 0; group < groups; ++group) {
    source.collect(network, context, batch);
    Gae{.gamma = problem.gamma, .lambda = lambda}(batch, value, context, estimate);
    network.score_gradient(
        batch.observations, batch.actions,
        [&](Index first, const auto& log_probs, auto&& weights) {
          for (Index n = first; n < first + log_probs.size(); ++n) {
            const Index t = n / episodes;
            const double discount = std::pow(problem.gamma, static_cast<double>(t));
            const double weight = discount_weights ? discount : 1;
            weights[n - first] = weight * estimate.advantages[n] / static_cast<double>(episodes);
          }
        },
        context, gradient);
    const Vector<double> found = flat(linear_gaussian(gradient, problem.state_size(), problem.action_size()));
    sum += found;
    squares += found.cwiseAbs2();
  }
  const auto count = static_cast<double>(groups);
  const Vector<double> mean = sum / count;
  const Vector<double> error = ((squares / count - mean.cwiseAbs2()) / count).cwiseSqrt();
  return (mean - expected).cwiseQuotient(error).cwiseAbs().maxCoeff();
}

}  // namespace

TEST_CASE("linear-quadratic problems: sampled gradients have the exact mean, with gamma^t and, another one, without") {
  const LinearQuadratic problem = scalar_world();
  const LinearGaussian policy = scalar_policy();
  const Index steps = 12;
  const Vector<double> with = flat(evaluate_horizon(problem, policy, steps).gradient);
  const Vector<double> without = flat(evaluate_horizon(problem, policy, steps, false).gradient);
  CHECK(largest_z(problem, policy, steps, NoValue<double>{}, 1, true, with) < 4.5);
  CHECK(largest_z(problem, policy, steps, NoValue<double>{}, 1, false, without) < 4.5);
  // and the test tells them apart where the value of the endless problem, which is near, takes the noise away
  const QuadraticValue value = evaluate_policy(problem, policy).value;
  CHECK(largest_z(problem, policy, steps, value, 0.9, true, without) > 6);
}

TEST_CASE("with the exact value behind the cut, advantages of any lambda give terms of the endless gradient") {
  const LinearQuadratic problem = scalar_world();
  const LinearGaussian policy = scalar_policy();
  const LinearQuadraticEvaluation exact = evaluate_policy(problem, policy);
  const Index steps = 3;
  // -2 E sum_{t < T} gamma^t S_t, and the same for the deviations
  const LinearQuadraticHorizon horizon = evaluate_horizon(problem, policy, steps);
  Matrix<double> moments = Matrix<double>::Zero(1, 1);
  double weight = 0;
  for (Index t = 0; t < steps; ++t) {
    const double discount = std::pow(problem.gamma, static_cast<double>(t));
    moments += discount * horizon.moments[static_cast<std::size_t>(t)];
    weight += discount;
  }
  const Vector<double> expected = flat(
      {-2 * exact.coupling * moments, -2 * weight * exact.action_curvature.diagonal().cwiseProduct(policy.variance())});
  for (const double lambda : {0.0, 0.8, 1.0}) {
    CHECK(largest_z(problem, policy, steps, exact.value, lambda, true, expected) < 4.5);
  }
  // a horizon that nothing follows has another gradient, which the test would see
  CHECK(largest_z(problem, policy, steps, exact.value, 0, true, flat(horizon.gradient)) > 6);
}
