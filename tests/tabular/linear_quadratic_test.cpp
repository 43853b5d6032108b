// SPDX-License-Identifier: MIT
#include "vantage/tabular/linear_quadratic.hpp"

#include "catch.hpp"
#include "tabular/linear_worlds.hpp"

using namespace vantage;

TEST_CASE("values of the scalar world are the known numbers") {
  const LinearQuadraticEvaluation result = evaluate_policy(scalar_world(), scalar_policy());
  CHECK(result.value.curvature(0, 0) == Approx(1.5744680851063833).epsilon(1e-14));
  CHECK(result.value.constant == Approx(1.8157446808510624).epsilon(1e-14));
  CHECK(result.objective == Approx(-3.390212765957446).epsilon(1e-14));
  CHECK(result.visitation(0, 0) == Approx(2.963525835866261).epsilon(1e-14));
  CHECK(result.action_curvature(0, 0) == Approx(0.473936170212766).epsilon(1e-14));
  CHECK(result.coupling(0, 0) == Approx(0.3887234042553192).epsilon(1e-14));
}

TEST_CASE("the Bellman equation holds, and advantages are Q - V with mean zero") {
  Rng rng(1);
  for (int i = 0; i < 30; ++i) {
    const LinearQuadratic problem = random_linear_world(rng);
    const LinearGaussian policy = random_linear_policy(rng);
    const LinearQuadraticEvaluation evaluation = evaluate_policy(problem, policy);
    const Vector<double> s = random_matrix(3, 1, rng);
    const Vector<double> mean = policy.gain * s;
    const Vector<double> sigma = policy.log_std.array().exp();
    // a quadratic's mean over a Gaussian is its mean over the points mean +- sqrt(m) sigma_i e_i
    double average_q = 0;
    double average_advantage = 0;
    for (Index k = 0; k < 2; ++k) {
      for (const double sign : {-1.0, 1.0}) {
        const Vector<double> a = mean + sign * std::sqrt(2.0) * sigma[k] * Vector<double>::Unit(2, k);
        average_q += action_value(problem, evaluation, s, a) / 4;
        average_advantage += advantage(evaluation, policy, s, a) / 4;
        CHECK(action_value(problem, evaluation, s, a) - evaluation.value(s) ==
              Approx(advantage(evaluation, policy, s, a)).margin(1e-10));
      }
    }
    CHECK(average_q == Approx(evaluation.value(s)).margin(1e-10));
    CHECK(std::abs(average_advantage) < 1e-10);
    // occupancy: J = -(tr(Q S) + E over actions) = sum of discounted mean rewards
    const Matrix<double> cost = problem.state_cost + policy.gain.transpose() * problem.control_cost * policy.gain;
    const double noise = problem.control_cost.diagonal().dot(policy.variance()) / (1 - problem.gamma);
    CHECK(-(cost * evaluation.visitation).trace() - noise == Approx(evaluation.objective).epsilon(1e-10));
  }
}

TEST_CASE("values agree with those of the point mass") {
  const PointMassOptions options{.dimensions = 2, .process_noise = 0.2, .initial_range = 0.7};
  const Matrix<double> gain{{0.8, 0.1, 0.5, 0}, {-0.2, 0.6, 0, 0.7}};
  const QuadraticValue expected = quadratic_value(options, gain, 0.97, 0.4);
  const LinearQuadratic problem = linear_quadratic(options, 0.97);
  const auto result = evaluate_policy(problem, {-gain, Vector<double>::Constant(2, std::log(0.4))});
  CHECK((result.value.curvature - expected.curvature).norm() < 1e-11);
  CHECK(result.value.constant == Approx(expected.constant).epsilon(1e-12));
  // first states uniform on +-0.7 have second moments 0.49 / 3
  PointMass world(options);
  Rng rng(4);
  Vector<double> x(4);
  Matrix<double> moments = Matrix<double>::Zero(4, 4);
  for (int i = 0; i < 20000; ++i) {
    world.reset(rng, x);
    moments += x * x.transpose() / 20000;
  }
  CHECK((moments - problem.start).cwiseAbs().maxCoeff() < 0.007);
}

TEST_CASE("linear-quadratic problems: the difference of two policies is the one's advantage in the other's states") {
  Rng rng(2);
  for (int i = 0; i < 200; ++i) {
    const LinearQuadratic problem = random_linear_world(rng);
    const LinearGaussian from = random_linear_policy(rng);
    const LinearGaussian to = random_linear_policy(rng);
    const double difference = evaluate_policy(problem, to).objective - evaluate_policy(problem, from).objective;
    REQUIRE(performance_difference(problem, from, to) == Approx(difference).margin(1e-9));
    // the surrogate misses by the square of the step
    const auto blend = [&](double share) {
      return LinearGaussian{(1 - share) * from.gain + share * to.gain, (1 - share) * from.log_std + share * to.log_std};
    };
    const auto error = [&](double share) {
      const LinearGaussian fresh = blend(share);
      return std::abs(surrogate_difference(problem, from, fresh) - performance_difference(problem, from, fresh));
    };
    REQUIRE(error(1e-3) < 0.05 * (error(1e-2) + 1e-10));
  }
}

TEST_CASE("policy iteration finds the gain of the Riccati equation, quadratically") {
  const LinearQuadratic world = scalar_world();
  const GainIterationReport best = iterate_gain(world, Matrix<double>{{-0.6}});
  CHECK(best.gain(0, 0) == Approx(-1.3442661600149701).epsilon(1e-13));
  CHECK(best.value.curvature(0, 0) == Approx(1.2419679088026945).epsilon(1e-13));
  // each error is about the square of the one before
  double last = std::abs(-0.6 - best.gain(0, 0));
  for (Index count = 1; count <= 3; ++count) {
    const double error = std::abs(iterate_gain(world, Matrix<double>{{-0.6}}, 0, count).gain(0, 0) - best.gain(0, 0));
    CHECK(error < 0.5 * last * last);
    last = error;
  }
  CHECK(last < 1e-7);

  Rng rng(3);
  for (int i = 0; i < 20; ++i) {
    const LinearQuadratic problem = random_linear_world(rng);
    const GainIterationReport report = iterate_gain(problem, Matrix<double>::Zero(2, 3));
    CHECK(report.improvements < 12);
    // value iteration on the Riccati equation
    Matrix<double> p = Matrix<double>::Zero(3, 3);
    Matrix<double> gain;
    for (int sweep = 0; sweep < 400; ++sweep) {
      const Matrix<double> coupling = problem.gamma * problem.control.transpose() * p * problem.transition;
      const Matrix<double> h = problem.control_cost + problem.gamma * problem.control.transpose() * p * problem.control;
      gain = -h.inverse() * coupling;
      p = problem.state_cost + problem.gamma * problem.transition.transpose() * p * problem.transition +
          coupling.transpose() * gain;
    }
    CHECK((report.gain - gain).norm() < 1e-10);
    CHECK((report.value.curvature - p).norm() < 1e-10);
    // no other gain is better
    LinearGaussian policy{report.gain, Vector<double>::Constant(2, -0.5)};
    const double optimum = evaluate_policy(problem, policy).objective;
    policy.gain += 0.01 * random_matrix(2, 3, rng);
    CHECK(evaluate_policy(problem, policy).objective < optimum);
  }
}

TEST_CASE("problems and policies that are none are refused") {
  const LinearQuadratic world = scalar_world();
  CHECK_THROWS_AS(evaluate_policy(world, {Matrix<double>{{3}}, Vector<double>::Zero(1)}), std::invalid_argument);
  CHECK_THROWS_AS(evaluate_policy(world, {Matrix<double>{{0, 0}}, Vector<double>::Zero(1)}), std::invalid_argument);
  CHECK_THROWS_AS(evaluate_policy(world, {Matrix<double>{{0}}, Vector<double>::Zero(2)}), std::invalid_argument);
  LinearQuadratic wrong = world;
  wrong.gamma = 1;
  CHECK_THROWS_AS(validate(wrong), std::invalid_argument);
  Rng rng(1);
  wrong = random_linear_world(rng);
  wrong.state_cost(0, 1) += 0.1;
  CHECK_THROWS_AS(validate(wrong), std::invalid_argument);
  wrong = random_linear_world(rng);
  wrong.noise = Matrix<double>::Zero(2, 2);
  CHECK_THROWS_AS(validate(wrong), std::invalid_argument);
  // finite exactly where sqrt(gamma) times the spectral radius is below 1
  const auto loop = [&](double m) {
    return LinearGaussian{Matrix<double>{{(m - 0.9) / 0.5}}, Vector<double>::Zero(1)};
  };
  CHECK_NOTHROW(evaluate_policy(world, loop(0.999 / std::sqrt(0.95))));
  CHECK_THROWS_AS(evaluate_policy(world, loop(1.001 / std::sqrt(0.95))), std::invalid_argument);
}
