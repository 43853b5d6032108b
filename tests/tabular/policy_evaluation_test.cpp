// SPDX-License-Identifier: MIT
#include "vantage/tabular/policy_evaluation.hpp"

#include "catch.hpp"
#include "tabular/worlds.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/tabular/finite_mdp_environment.hpp"
#include "vantage/tabular/policy_gradient.hpp"
#include "vantage/tabular/tabular_policy.hpp"
#include "vantage/tabular/value_table.hpp"

using namespace vantage;

TEST_CASE("values and visitation of two states are the known numbers") {
  const FiniteMdp mdp = two_states();
  const PolicyEvaluation result = evaluate_policy(mdp, softmax_policy(two_state_logits()));
  CHECK(result.values[0] == Approx(8.936280547932432).epsilon(1e-14));
  CHECK(result.values[1] == Approx(9.827608265177583).epsilon(1e-14));
  CHECK(result.objective == Approx(9.381944406555007).epsilon(1e-14));
  CHECK(result.visitation[0] == Approx(0.537929241671573).epsilon(1e-14));
  CHECK(result.visitation[1] == Approx(0.462070758328428).epsilon(1e-14));
}

TEST_CASE("values are sums over time, and so is the visitation") {
  Rng rng(1);
  for (int i = 0; i < 50; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const Matrix<double> policy = random_policy(mdp.states(), mdp.actions(), rng);
    const PolicyEvaluation result = evaluate_policy(mdp, policy);
    // written out by loops: the distribution of the state at every time
    double objective = 0;
    Vector<double> now = mdp.start();
    Vector<double> visitation = Vector<double>::Zero(mdp.states());
    for (double discount = 1; discount > 1e-15; discount *= mdp.gamma()) {
      Vector<double> next = Vector<double>::Zero(mdp.states());
      for (Index s = 0; s < mdp.states(); ++s) {
        visitation[s] += (1 - mdp.gamma()) * discount * now[s];
        for (Index a = 0; a < mdp.actions(); ++a) {
          objective += discount * now[s] * policy(s, a) * mdp.rewards()(s, a);
          for (Index to = 0; to < mdp.states(); ++to) next[to] += now[s] * policy(s, a) * mdp.transition(a)(s, to);
        }
      }
      now = next;
    }
    CHECK(result.objective == Approx(objective).margin(1e-11));
    CHECK((result.visitation - visitation).norm() < 1e-11);
    CHECK(result.visitation.sum() == Approx(1).epsilon(1e-12));
    // J = E_d[r] / (1 - gamma)
    CHECK(result.visitation.dot(average(policy, mdp.rewards())) / (1 - mdp.gamma()) ==
          Approx(result.objective).margin(1e-11));
    // Bellman equations
    CHECK((average(policy, result.action_values) - result.values).norm() < 1e-11);
    CHECK(average(policy, result.advantages).norm() < 1e-11);
  }
}

TEST_CASE("repeated backups converge to the same values, by gamma a sweep") {
  Rng rng(2);
  for (int i = 0; i < 30; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const Matrix<double> policy = random_policy(mdp.states(), mdp.actions(), rng);
    const Vector<double> exact = evaluate_policy(mdp, policy).values;
    for (const double tolerance : {1e-3, 1e-10}) {
      const BackupReport report = iterate_policy_evaluation(mdp, policy, {.tolerance = tolerance});
      CHECK(report.residual <= tolerance);
      const double error = (report.values - exact).lpNorm<Eigen::Infinity>();
      CHECK(error <= report.residual * mdp.gamma() / (1 - mdp.gamma()) + 1e-12);
    }
    const BackupReport few = iterate_policy_evaluation(mdp, policy, {.tolerance = 0, .max_sweeps = 3});
    CHECK((few.sweeps == 3 || few.residual == 0));
    CHECK((few.values - exact).lpNorm<Eigen::Infinity>() <=
          std::pow(mdp.gamma(), 3) * exact.lpNorm<Eigen::Infinity>() + 1e-12);
  }
}

TEST_CASE("finite processes: the difference of two policies is the one's advantage in the other's states") {
  Rng rng(3);
  for (int i = 0; i < 1000; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const Matrix<double> from = random_policy(mdp.states(), mdp.actions(), rng);
    const Matrix<double> to = random_policy(mdp.states(), mdp.actions(), rng);
    const double difference = evaluate_policy(mdp, to).objective - evaluate_policy(mdp, from).objective;
    REQUIRE(performance_difference(mdp, from, to) == Approx(difference).margin(1e-11));
  }
}

TEST_CASE("the surrogate is off by no more than the trust-region bounds allow") {
  // the bounds of TRPO and of constrained policy optimisation, from their own definitions
  Rng rng(4);
  double tightest = 1e9;
  for (int i = 0; i < 2000; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const double gamma = mdp.gamma();
    const Matrix<double> old = random_policy(mdp.states(), mdp.actions(), rng);
    // from small steps to unrelated policies
    const double share = rng.uniform();
    const Matrix<double> other = random_policy(mdp.states(), mdp.actions(), rng, 2);
    const Matrix<double> fresh = (1 - share) * old + share * other;
    const PolicyEvaluation evaluation = evaluate_policy(mdp, old);
    const double surrogate = policy_advantage(evaluation, fresh) / (1 - gamma);
    const double difference = evaluate_policy(mdp, fresh).objective - evaluation.objective;

    const double largest = evaluation.advantages.cwiseAbs().maxCoeff();
    const Vector<double> kl = old.cwiseProduct((old.array() / fresh.array()).log().matrix()).rowwise().sum();
    REQUIRE(difference >= surrogate - 4 * largest * gamma / std::pow(1 - gamma, 2) * kl.maxCoeff() - 1e-12);

    const double mean_advantage = average(fresh, evaluation.advantages).cwiseAbs().maxCoeff();
    const Vector<double> variation = 0.5 * (fresh - old).cwiseAbs().rowwise().sum();
    const double bound = 2 * gamma * mean_advantage / std::pow(1 - gamma, 2) * evaluation.visitation.dot(variation);
    REQUIRE(std::abs(difference - surrogate) <= bound + 1e-12);
    tightest = std::min(tightest, bound / std::abs(difference - surrogate));
  }
  // a bound that is never near says nothing
  CHECK(tightest < 20);
}

TEST_CASE("expected generalised advantages: any lambda with the exact value, lambda 1 with any value") {
  Rng rng(5);
  for (int i = 0; i < 100; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const Matrix<double> policy = random_policy(mdp.states(), mdp.actions(), rng);
    const PolicyEvaluation exact = evaluate_policy(mdp, policy);
    Vector<double> wrong = exact.values;
    for (double& v : wrong) v += rng.normal();
    const double lambda = rng.uniform();
    CHECK((expected_gae(mdp, policy, exact.values, lambda) - exact.advantages).norm() < 1e-11);
    const Matrix<double> q_minus_v = exact.action_values.colwise() - wrong;
    CHECK((expected_gae(mdp, policy, wrong, 1) - q_minus_v).norm() < 1e-10);
    // lambda 0 is the one-step error
    const Matrix<double> delta = backup(mdp, wrong).colwise() - wrong;
    CHECK((expected_gae(mdp, policy, wrong, 0) - delta).norm() < 1e-12);
    // between them, the sum over time written out
    Matrix<double> expected = delta;
    std::vector<Matrix<double>> reach;
    for (Index a = 0; a < mdp.actions(); ++a) reach.push_back(mdp.transition(a));
    const Matrix<double> p = chain(mdp, policy);
    const Vector<double> mean_delta = average(policy, delta);
    for (double weight = mdp.gamma() * lambda; weight > 1e-16; weight *= mdp.gamma() * lambda) {
      for (Index a = 0; a < mdp.actions(); ++a) {
        Matrix<double>& table = reach[static_cast<std::size_t>(a)];
        expected.col(a) += weight * (table * mean_delta);
        table = table * p;
      }
    }
    CHECK((expected_gae(mdp, policy, wrong, lambda) - expected).norm() < 1e-10);
  }
}

TEST_CASE("the library's own estimator gives the expected advantages on samples") {
  // 8 + 8 means by state and action, each within 4.5 of its standard errors
  const FiniteMdp mdp = corridor(0.8);
  const Matrix<double> logits{{0, 0}, {0.4, -0.3}, {-0.2, 0.5}, {0, 0}};
  const Matrix<double> policy = softmax_policy(logits);
  const PolicyEvaluation exact = evaluate_policy(mdp, policy);
  const Vector<double> wrong = exact.values + Vector<double>{{0, 0.5, -0.8, 0}};
  const double lambda = 0.7;

  // episodes end in absorbing states, at a time limit of 6 steps or with the batch
  Context context;
  Collector source(VectorEnvironment(FiniteMdpEnvironment(mdp, 6), {.count = 64}),
                   {.steps = 500, .normalize_observations = false});
  Batch<double> batch;
  source.collect(tabular_policy<double>(logits), context, batch);
  AdvantageEstimate<double> estimate;
  const auto check = [&](const Vector<double>& values, double trace, Index horizon, const Matrix<double>& expected) {
    Gae{.gamma = 0.8, .lambda = trace}(batch, ValueTable{values}, context, estimate);
    Matrix<double> count = Matrix<double>::Zero(4, 2);
    Matrix<double> sum = count;
    Matrix<double> squares = count;
    // steps since the start of the episode tell how far a trace can look before the time limit
    std::vector<Index> age(64, 0);
    for (Index n = 0; n < batch.size(); ++n) {
      Index& t = age[static_cast<std::size_t>(n % 64)];
      if (t < horizon) {
        Index s = 0;
        batch.observations.col(n).maxCoeff(&s);
        const auto a = static_cast<Index>(batch.actions(0, n));
        count(s, a) += 1;
        sum(s, a) += estimate.advantages[n];
        squares(s, a) += estimate.advantages[n] * estimate.advantages[n];
      }
      t = batch.endings(n) == Ending::none ? t + 1 : 0;
    }
    for (Index s = 1; s <= 2; ++s) {
      for (Index a = 0; a < 2; ++a) {
        REQUIRE(count(s, a) > 1000);
        CHECK(std::abs(z_score(sum(s, a), squares(s, a), count(s, a), expected(s, a))) < 4.5);
      }
    }
  };
  // with the exact value: unbiased for any lambda, wherever episodes and batches are cut
  check(exact.values, 0, 99, exact.advantages);
  check(exact.values, lambda, 99, exact.advantages);
  check(exact.values, 1, 99, exact.advantages);
  // with a wrong one: the one-step error is exact everywhere
  check(wrong, 0, 99, expected_gae(mdp, policy, wrong, 0));
}

TEST_CASE("a wrong value function biases the library's estimator by the formula") {
  // no time limit: a world of terminations only, and a cut so far away that few samples see it
  const FiniteMdp mdp = corridor(0.8);
  const Matrix<double> logits{{0, 0}, {0.4, -0.3}, {-0.2, 0.5}, {0, 0}};
  const Matrix<double> policy = softmax_policy(logits);
  const PolicyEvaluation exact = evaluate_policy(mdp, policy);
  const Vector<double> wrong = exact.values + Vector<double>{{0, 0.5, -0.8, 0}};
  Context context;
  Collector source(VectorEnvironment(FiniteMdpEnvironment(mdp), {.count = 64}),
                   {.steps = 800, .normalize_observations = false});
  Batch<double> batch;
  source.collect(tabular_policy<double>(logits), context, batch);
  AdvantageEstimate<double> estimate;
  for (const double lambda : {0.0, 0.7, 1.0}) {
    Gae{.gamma = 0.8, .lambda = lambda}(batch, ValueTable{wrong}, context, estimate);
    const Matrix<double> expected = expected_gae(mdp, policy, wrong, lambda);
    Matrix<double> count = Matrix<double>::Zero(4, 2);
    Matrix<double> sum = count;
    Matrix<double> squares = count;
    // the last 60 steps of the batch may look beyond it
    for (Index n = 0; n < batch.size() - 60 * 64; ++n) {
      Index s = 0;
      batch.observations.col(n).maxCoeff(&s);
      const auto a = static_cast<Index>(batch.actions(0, n));
      count(s, a) += 1;
      sum(s, a) += estimate.advantages[n];
      squares(s, a) += estimate.advantages[n] * estimate.advantages[n];
    }
    for (Index s = 1; s <= 2; ++s) {
      for (Index a = 0; a < 2; ++a) {
        const double z = z_score(sum(s, a), squares(s, a), count(s, a), expected(s, a));
        CHECK(std::abs(z) < 4.5);
        // and the test would see the exact advantage in its place
        const double bias = expected(s, a) - exact.advantages(s, a);
        if (lambda == 0.7) CHECK(std::abs(bias) > 0.05);
      }
    }
  }
}

TEST_CASE("what is no policy is refused") {
  const FiniteMdp mdp = two_states();
  CHECK_THROWS_AS(evaluate_policy(mdp, Matrix<double>::Constant(3, 2, 0.5)), std::invalid_argument);
  CHECK_THROWS_AS(evaluate_policy(mdp, Matrix<double>::Constant(2, 2, 0.6)), std::invalid_argument);
  CHECK_THROWS_AS(evaluate_policy(mdp, Matrix<double>{{1.5, -0.5}, {0.5, 0.5}}), std::invalid_argument);
  CHECK_THROWS_AS(expected_gae(mdp, Matrix<double>::Constant(2, 2, 0.5), Vector<double>::Zero(3), 0.5),
                  std::invalid_argument);
  CHECK_THROWS_AS(expected_gae(mdp, Matrix<double>::Constant(2, 2, 0.5), Vector<double>::Zero(2), 1.5),
                  std::invalid_argument);
}
