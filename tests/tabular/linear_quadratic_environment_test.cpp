// SPDX-License-Identifier: MIT
#include "vantage/tabular/linear_quadratic_environment.hpp"

#include "catch.hpp"
#include "tabular/linear_worlds.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/check_environment.hpp"

using namespace vantage;

static_assert(StatefulEnvironment<LinearQuadraticEnvironment>);

TEST_CASE("a linear-quadratic problem is an environment") {
  Rng rng(1);
  check_environment(LinearQuadraticEnvironment(random_linear_world(rng), 50));
  CHECK(LinearQuadraticEnvironment(scalar_world(), 50).spec().max_episode_steps == 50);
  CHECK(LinearQuadraticEnvironment(random_linear_world(rng)).spec().action_size() == 2);
  CHECK_THROWS_AS(LinearQuadraticEnvironment(scalar_world(), -1), std::invalid_argument);
  LinearQuadratic wrong = scalar_world();
  wrong.noise(0, 0) = -0.1;
  CHECK_THROWS_AS(LinearQuadraticEnvironment(wrong), std::invalid_argument);
}

TEST_CASE("a step without noise is the model") {
  Rng rng(2);
  LinearQuadratic problem = random_linear_world(rng);
  problem.noise.setZero();
  LinearQuadraticEnvironment world(problem);
  Vector<double> s(3);
  world.reset(rng, s);
  for (int t = 0; t < 5; ++t) {
    const Vector<double> before = s;
    const Vector<double> a = random_matrix(2, 1, rng);
    const StepResult result = world.step(a, s);
    CHECK((s - problem.transition * before - problem.control * a).norm() < 1e-14);
    const double cost = before.dot(problem.state_cost * before) + a.dot(problem.control_cost * a);
    CHECK(result.reward == Approx(-cost).epsilon(1e-13));
    CHECK_FALSE(result.terminated);
  }
}

TEST_CASE("first states and noise have the moments of the problem, singular ones too") {
  Rng rng(3);
  LinearQuadratic problem = random_linear_world(rng);
  // noise along one direction only
  const Vector<double> direction{{1, -2, 0.5}};
  problem.noise = direction * direction.transpose();
  LinearQuadraticEnvironment world(problem);
  const int count = 20000;
  Matrix<double> starts = Matrix<double>::Zero(3, 3);
  Matrix<double> noises = starts;
  Vector<double> s(3);
  for (int i = 0; i < count; ++i) {
    world.reset(rng, s);
    starts += s * s.transpose() / count;
    const Vector<double> mean = problem.transition * s;
    world.step(Vector<double>::Zero(2), s);
    noises += (s - mean) * (s - mean).transpose() / count;
  }
  // a product of two normals has variance S_ii S_jj + S_ij^2
  const auto largest_z = [&](const Matrix<double>& found, const Matrix<double>& expected) {
    const Vector<double> d = expected.diagonal();
    const Matrix<double> error = ((d * d.transpose() + expected.cwiseAbs2()) / count).cwiseSqrt();
    return (found - expected).cwiseQuotient(error).cwiseAbs().maxCoeff();
  };
  CHECK(largest_z(starts, problem.start) < 4.5);
  CHECK(largest_z(noises, problem.noise) < 4.5);
}
