// SPDX-License-Identifier: MIT
#include "vantage/tabular/dynamic_programming.hpp"

#include "catch.hpp"
#include "tabular/worlds.hpp"

using namespace vantage;

namespace {

// the best values of all deterministic policies, by trying every one
Vector<double> best_of_all(const FiniteMdp& mdp) {
  Vector<double> best = Vector<double>::Constant(mdp.states(), -1e300);
  std::vector<Index> choice(static_cast<std::size_t>(mdp.states()), 0);
  for (;;) {
    Matrix<double> policy = Matrix<double>::Zero(mdp.states(), mdp.actions());
    for (Index s = 0; s < mdp.states(); ++s) policy(s, choice[static_cast<std::size_t>(s)]) = 1;
    best = best.cwiseMax(evaluate_policy(mdp, policy).values);
    // count up
    std::size_t digit = 0;
    while (digit < choice.size() && ++choice[digit] == mdp.actions()) choice[digit++] = 0;
    if (digit == choice.size()) return best;
  }
}

}  // namespace

TEST_CASE("value and policy iteration find the best of all policies") {
  Rng rng(1);
  for (int i = 0; i < 60; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const Vector<double> best = best_of_all(mdp);
    const ValueIterationReport values = value_iteration(mdp);
    CHECK((values.values - best).norm() < 1e-9);
    CHECK((evaluate_policy(mdp, values.policy).values - best).norm() < 1e-9);

    const PolicyIterationReport policies = policy_iteration(mdp, random_policy(mdp.states(), mdp.actions(), rng));
    CHECK((policies.evaluation.values - best).norm() < 1e-10);
    CHECK((evaluate_policy(mdp, policies.policy).values - policies.evaluation.values).norm() < 1e-12);
    CHECK(policies.residual <= 1e-12);
    // optimality equation
    CHECK((backup(mdp, best).rowwise().maxCoeff() - best).norm() < 1e-10);
  }
}

TEST_CASE("policy iteration never gets worse and ends after a handful of improvements") {
  Rng rng(2);
  Index most = 0;
  for (int i = 0; i < 200; ++i) {
    const FiniteMdp mdp = random_mdp({.states = 20, .actions = 5, .branching = 3, .gamma = 0.95}, rng);
    const PolicyIterationReport report = policy_iteration(mdp, Matrix<double>::Constant(20, 5, 0.2));
    REQUIRE(static_cast<Index>(report.objectives.size()) == report.improvements + 1);
    for (std::size_t k = 1; k < report.objectives.size(); ++k) {
      REQUIRE(report.objectives[k] >= report.objectives[k - 1] - 1e-12);
    }
    most = std::max(most, report.improvements);
  }
  CHECK(most <= 12);
  const PolicyIterationReport cut =
      policy_iteration(two_states(), Matrix<double>::Constant(2, 2, 0.5), {.max_improvements = 0});
  CHECK(cut.improvements == 0);
  CHECK(cut.policy == Matrix<double>::Constant(2, 2, 0.5));
}

TEST_CASE("policy iteration ends where actions are equally good") {
  // two actions that do the same: switching between them for ever would be no improvement
  const Matrix<double> p{{0.3, 0.7}, {0.6, 0.4}};
  const FiniteMdp mdp({p, p}, Matrix<double>{{1, 1}, {0.1, 0.1}}, Vector<double>{{1, 0}}, 0.99);
  const Matrix<double> even = Matrix<double>::Constant(2, 2, 0.5);
  const PolicyIterationReport report = policy_iteration(mdp, even);
  CHECK(report.improvements == 0);
  CHECK(report.policy == even);
  CHECK(value_iteration(mdp).policy == Matrix<double>{{1, 0}, {1, 0}});
}

TEST_CASE("the residual of value iteration shrinks by gamma a sweep and bounds the error") {
  Rng rng(3);
  const FiniteMdp mdp = random_mdp({.states = 6, .gamma = 0.9}, rng);
  const Vector<double> best = best_of_all(mdp);
  double last = 1e300;
  for (Index sweeps = 1; sweeps < 60; ++sweeps) {
    const ValueIterationReport report = value_iteration(mdp, {.tolerance = 0, .max_sweeps = sweeps});
    CHECK(report.sweeps == sweeps);
    CHECK(report.residual <= 0.9 * last + 1e-13);
    CHECK((report.values - best).lpNorm<Eigen::Infinity>() <= report.residual * 0.9 / (1 - 0.9) + 1e-12);
    last = report.residual;
  }
  CHECK(value_iteration(mdp, {.tolerance = 1e-3}).residual <= 1e-3);
}
