// SPDX-License-Identifier: MIT
#include "vantage/env/point_mass.hpp"

#include <cmath>
#include <string>

#include "catch.hpp"
#include "vantage/core/concepts.hpp"

using namespace vantage;

static_assert(StatefulEnvironment<PointMass> && HasRewardTerms<PointMass>);

TEST_CASE("a step is the linear-quadratic model") {
  const PointMassOptions options{.dimensions = 2, .dt = 0.2, .mass = 3, .damping = 0.7, .control_weight = 0.4};
  PointMass world(options);
  const Vector<double> x{{0.3, -1.1, 0.8, 0.05}};
  const Vector<double> u{{1.7, -0.6}};
  Vector<double> saved = Vector<double>::Zero(world.state_size());
  world.save_state(saved);
  saved.head(4) = x;
  world.load_state(saved);
  Vector<double> next(4);
  const StepResult result = world.step(u, next);
  // written out, then by the matrices
  CHECK(next[0] == Approx(0.3 + 0.2 * 0.8));
  CHECK(next[3] == Approx(0.05 + 0.2 / 3 * (-0.6 - 0.7 * 0.05)));
  CHECK((next - (world.transition() * x + world.control() * u)).norm() < 1e-15);
  const double cost = x.dot(world.state_cost() * x) + u.dot(world.control_cost() * u);
  CHECK(result.reward == Approx(-cost).epsilon(1e-14));
  CHECK(cost == Approx(0.09 + 1.21 + 0.1 * (0.64 + 0.0025) + 0.4 * (2.89 + 0.36)));
  CHECK(world.reward_terms()[0] + world.reward_terms()[1] == result.reward);
  CHECK_FALSE(result.terminated);
}

TEST_CASE("options of the point mass are checked and have names") {
  CHECK_THROWS_AS(PointMass({.dimensions = 0}), std::invalid_argument);
  CHECK_THROWS_AS(PointMass({.mass = 0}), std::invalid_argument);
  CHECK_THROWS_AS(PointMass({.process_noise = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(PointMass({.max_force = -1}), std::invalid_argument);
  PointMassOptions options;
  int count = 0;
  visit_options(options, [&](const std::string& name, auto& field) {
    ++count;
    if (name == "dimensions") field = 3;
  });
  CHECK(count == 11);
  CHECK(PointMass(options).spec().observation_size == 6);
  CHECK(PointMass(options).spec().action_size() == 3);
}
