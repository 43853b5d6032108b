// SPDX-License-Identifier: MIT
#include "vantage/tabular/conservative_policy_iteration.hpp"

#include "catch.hpp"
#include "tabular/worlds.hpp"

using namespace vantage;

TEST_CASE("a mixture gains what the identity says and at least what the bounds promise") {
  Rng rng(1);
  double tightest = 1e9;
  for (int i = 0; i < 3000; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const double gamma = mdp.gamma();
    const Matrix<double> policy = random_policy(mdp.states(), mdp.actions(), rng, 2);
    const PolicyEvaluation before = evaluate_policy(mdp, policy);
    // towards the greedy policy, or towards any other
    ConservativeTarget target = conservative_target(before);
    if (i % 2 == 1) {
      target.policy = random_policy(mdp.states(), mdp.actions(), rng, 2);
      target.policy_advantage = policy_advantage(before, target.policy);
      target.largest_advantage = average(target.policy, before.advantages).cwiseAbs().maxCoeff();
    }
    const double alpha = i % 3 == 0 ? 1 : rng.uniform();
    const Matrix<double> after = mixture(policy, target.policy, alpha);
    const double gain = evaluate_policy(mdp, after).objective - before.objective;
    REQUIRE(gain == Approx(performance_difference(mdp, policy, after)).margin(1e-11));
    // a mixture's advantage is alpha times the target's, in every state
    REQUIRE(policy_advantage(before, after) == Approx(alpha * target.policy_advantage).margin(1e-12));
    const double bound = conservative_bound(target, gamma, alpha);
    REQUIRE(gain >= bound - 1e-12);
    REQUIRE(bound >= quadratic_conservative_bound(target, gamma, alpha) - 1e-12);
    if (gain > 1e-6) tightest = std::min(tightest, (gain - bound) / gain);
  }
  // a bound that is never near says nothing
  CHECK(tightest < 0.05);
}

TEST_CASE("the weight is where the quadratic bound is largest") {
  Rng rng(2);
  double mean_weight = 0;
  double mean_cautious = 0;
  for (int i = 0; i < 1000; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const double gamma = mdp.gamma();
    const Matrix<double> policy = random_policy(mdp.states(), mdp.actions(), rng);
    const PolicyEvaluation before = evaluate_policy(mdp, policy);
    const ConservativeTarget target = conservative_target(before);
    const double range = mdp.rewards().maxCoeff() - mdp.rewards().minCoeff();
    if (range == 0) continue;
    const double alpha = conservative_weight(mdp, target, ConservativeRule::largest_advantage);
    const double best = quadratic_conservative_bound(target, gamma, alpha);
    for (const double other : {0.5 * alpha, 0.99 * alpha, std::min(1.0, 1.01 * alpha), std::min(1.0, 2 * alpha)}) {
      REQUIRE(quadratic_conservative_bound(target, gamma, other) <= best + 1e-12);
    }
    const double advantage = target.policy_advantage;
    if (alpha < 1)
      REQUIRE(best == Approx(advantage * advantage / (8 * gamma * target.largest_advantage)).margin(1e-12));
    // with nothing but the range of rewards known
    const double cautious = conservative_weight(mdp, target, ConservativeRule::reward_range);
    const double gain = evaluate_policy(mdp, mixture(policy, target.policy, cautious)).objective - before.objective;
    REQUIRE(cautious <= alpha + 1e-15);
    if (cautious < 1) REQUIRE(gain >= (1 - gamma) * advantage * advantage / (8 * range) - 1e-12);
    mean_weight += alpha / 1000;
    mean_cautious += cautious / 1000;
  }
  CHECK(mean_cautious < 0.7 * mean_weight);
}

TEST_CASE("conservative policy iteration improves with every step and stops near the best") {
  Rng rng(3);
  for (const auto rule : {ConservativeRule::largest_advantage, ConservativeRule::reward_range}) {
    for (int i = 0; i < 10; ++i) {
      const FiniteMdp mdp = random_mdp({.states = 6, .actions = 3, .gamma = 0.7}, rng);
      const Matrix<double> first = Matrix<double>::Constant(6, 3, 1.0 / 3);
      const double tolerance = 0.01;
      const auto report = conservative_policy_iteration(mdp, first, {.rule = rule, .tolerance = tolerance});
      REQUIRE(report.policy_advantage <= tolerance);
      REQUIRE(report.steps.size() > 3);
      double objective = evaluate_policy(mdp, first).objective;
      for (const ConservativeStep& step : report.steps) {
        REQUIRE(step.bound > 0);
        REQUIRE(step.improvement >= step.bound - 1e-13);
        REQUIRE(step.alpha > 0);
        REQUIRE(step.alpha <= 1);
        objective += step.improvement;
        REQUIRE(step.objective == Approx(objective).epsilon(1e-12));
      }
      CHECK(evaluate_policy(mdp, report.policy).objective == Approx(objective).epsilon(1e-12));
      // what is left is bounded by the advantage, where the best policy goes
      const ValueIterationReport best = value_iteration(mdp);
      const Vector<double> ratio =
          evaluate_policy(mdp, best.policy).visitation.cwiseQuotient(report.evaluation.visitation);
      const double gap = mdp.start().dot(best.values) - objective;
      CHECK(gap >= -1e-12);
      CHECK(gap <= ratio.maxCoeff() * report.policy_advantage / (1 - mdp.gamma()) + 1e-12);
    }
  }
}

TEST_CASE("the best policy is left alone, and without a future one step is enough") {
  const FiniteMdp mdp = two_states();
  const PolicyIterationReport best = policy_iteration(mdp, Matrix<double>::Constant(2, 2, 0.5));
  CHECK(conservative_policy_iteration(mdp, best.policy).steps.empty());
  // gamma = 0: the greedy policy is the best one, and may be taken whole
  const FiniteMdp myopic({mdp.transition(0), mdp.transition(1)}, mdp.rewards(), mdp.start(), 0);
  const auto report = conservative_policy_iteration(myopic, Matrix<double>::Constant(2, 2, 0.5));
  REQUIRE(report.steps.size() == 1);
  CHECK(report.steps[0].alpha == 1);
  CHECK(report.policy == Matrix<double>{{1, 0}, {0, 1}});
  CHECK(conservative_policy_iteration(mdp, Matrix<double>::Constant(2, 2, 0.5), {.max_steps = 2}).steps.size() == 2);
}
