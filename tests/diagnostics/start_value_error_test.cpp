// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/start_value_error.hpp"

#include "catch.hpp"
#include "tabular/linear_worlds.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/tabular/linear_quadratic_environment.hpp"
#include "vantage/value/value_network.hpp"

using namespace vantage;

namespace {

struct Fixture {
  Context context{{.threads = 2}};
  LinearQuadratic problem = scalar_world();
  LinearGaussian linear = scalar_policy();
  GaussianPolicy<double> policy{1, 1, {.hidden = {}}, context.rng()};
  // what follows the limit is worth 0.95^500 = 7e-12 of the rest
  static constexpr Index kLimit = 500;

  Fixture() { policy.parameters() << linear.gain, 0, linear.log_std; }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "the exact value is right on average, and by its offset wrong where it has one") {
  const LinearQuadraticEnvironment world(problem, kLimit);
  QuadraticValue value = evaluate_policy(problem, linear).value;
  const EvaluationOptions options{.episodes = 400, .gamma = problem.gamma};
  const StartValueError exact = start_value_error(world, policy, value, nullptr, context, options);
  REQUIRE(exact.errors.size() == 400);
  // one in 150000 of such tests fails
  CHECK(std::abs(exact.signed_mean.value) < 4.5 * exact.signed_mean.standard_error);
  CHECK(exact.signed_mean.standard_error < 0.1);
  // returns scatter
  CHECK(exact.absolute_mean.value > 10 * std::abs(exact.signed_mean.value));
  CHECK(exact.absolute_mean.value == Approx(exact.errors.cwiseAbs().mean()).epsilon(1e-14));

  // too high by 100: the error is -100 more
  value.constant -= 100;
  const StartValueError high = start_value_error(world, policy, value, nullptr, context, options);
  CHECK(high.signed_mean.value == Approx(exact.signed_mean.value - 100).epsilon(1e-12));
  CHECK(high.absolute_mean.value == Approx(-high.signed_mean.value).epsilon(1e-12));
  CHECK(high.signed_mean.interval.contains(-100));
}

TEST_CASE_METHOD(Fixture, "without noise the value of the mean action is every return") {
  problem.noise.setZero();
  linear.log_std.setConstant(-40);
  const LinearQuadraticEnvironment world(problem, kLimit);
  Collector<LinearQuadraticEnvironment> source(VectorEnvironment<LinearQuadraticEnvironment>(world, {.count = 2}),
                                               {.steps = 2, .normalize_observations = false, .gamma = problem.gamma});
  const QuadraticValue value = evaluate_policy(problem, linear).value;
  const StartValueError error =
      start_value_error(source, policy, value, context, {.episodes = 20, .deterministic = true});
  CHECK(error.errors.cwiseAbs().maxCoeff() < 1e-9);
  // a network in single precision: V = 2
  ValueNetwork<float> constant(1, {.hidden = {}}, context.rng());
  constant.parameters() << 0, 2;
  const Evaluation played = evaluate(source, policy, context, {.episodes = 20, .deterministic = true});
  const StartValueError two = start_value_error(played, constant, context);
  CHECK(two.errors[3] == Approx(played.discounted_returns[3] - 2).epsilon(1e-14));
  // a value of rewards that were scaled
  Collector<LinearQuadraticEnvironment> scaling(
      VectorEnvironment<LinearQuadraticEnvironment>(world, {.count = 2}),
      {.steps = 20, .normalize_observations = false, .scale_rewards = true, .gamma = problem.gamma});
  Batch<double> batch;
  scaling.collect(policy, context, batch);
  const double factor = scaling.reward_scaler().factor();
  REQUIRE(std::abs(factor - 1) > 0.1);
  const StartValueError scaled =
      start_value_error(scaling, policy, constant, context, {.episodes = 20, .deterministic = true});
  CHECK(scaled.errors[3] == Approx(played.discounted_returns[3] - 2 / factor).epsilon(1e-14));
  CHECK_THROWS_AS(start_value_error(played, constant, context, 0), std::invalid_argument);
  const ValueNetwork<float> other(2, {.hidden = {}}, context.rng());
  CHECK_THROWS_AS(start_value_error(played, other, context), std::invalid_argument);
  CHECK_THROWS_AS(start_value_error(source, policy, value, context, {.episodes = 1}), std::invalid_argument);
}
