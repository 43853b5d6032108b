// SPDX-License-Identifier: MIT
#include "vantage/tabular/softmax_bandit.hpp"

#include "catch.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/tabular/policy_gradient.hpp"

using namespace vantage;

static_assert(StatefulEnvironment<SoftmaxBandit>);

TEST_CASE("a softmax bandit is an environment of single steps") {
  check_environment(SoftmaxBandit(Vector<double>{{1, 2, 0.5}}, 0.3), {.check_no_reset = false});
  CHECK_THROWS_AS(SoftmaxBandit(Vector<double>()), std::invalid_argument);
  CHECK_THROWS_AS(SoftmaxBandit(Vector<double>{{1, std::nan("")}}), std::invalid_argument);
  CHECK_THROWS_AS(SoftmaxBandit(Vector<double>{{1, 2}}, -1), std::invalid_argument);
  SoftmaxBandit bandit(Vector<double>{{1, 2, 0.5}});
  Rng rng(1);
  Vector<double> observation(1);
  bandit.reset(rng, observation);
  CHECK(observation[0] == 1);
  const StepResult result = bandit.step(Vector<double>::Constant(1, 2), observation);
  CHECK(result.reward == 0.5);
  CHECK(result.terminated);
  CHECK_THROWS_AS(bandit.step(Vector<double>::Constant(1, 3), observation), std::invalid_argument);
}

TEST_CASE("what an arm pays has its mean and the noise's deviation") {
  SoftmaxBandit bandit(Vector<double>{{1, 2}}, 0.3);
  Rng rng(2);
  Vector<double> observation(1);
  double sum = 0;
  double squares = 0;
  const int count = 10000;
  for (int i = 0; i < count; ++i) {
    bandit.reset(rng, observation);
    const double reward = bandit.step(Vector<double>::Constant(1, 1), observation).reward - 2;
    sum += reward;
    squares += reward * reward;
  }
  CHECK(std::abs(sum / count) < 4.5 * 0.3 / std::sqrt(count));
  CHECK(squares / count == Approx(0.09).epsilon(4.5 * std::sqrt(2.0 / count)));
}

TEST_CASE("closed forms of the softmax bandit are those of a world of one state, and finite differences") {
  Rng rng(3);
  for (int i = 0; i < 20; ++i) {
    Vector<double> rewards(4);
    Matrix<double> logits(1, 4);
    for (double& r : rewards) r = rng.normal();
    for (double& x : logits.reshaped()) x = rng.normal();
    const SoftmaxBandit bandit(rewards);
    const Vector<double> p = softmax_policy(logits).row(0);
    const Matrix<double> stay = Matrix<double>::Identity(1, 1);
    const FiniteMdp mdp({stay, stay, stay, stay}, rewards.transpose(), Vector<double>::Ones(1), 0);
    CHECK((bandit.gradient(p).transpose() - softmax_gradient(mdp, p.transpose())).norm() < 1e-14);
    CHECK((bandit.natural_gradient(p).transpose() - natural_softmax_gradient(mdp, p.transpose())).norm() < 1e-14);
    CHECK((SoftmaxBandit::fisher(p) - softmax_fisher(p.transpose(), Vector<double>::Ones(1))).norm() < 1e-14);
    CHECK((SoftmaxBandit::fisher(p) * bandit.natural_gradient(p) - bandit.gradient(p)).norm() < 1e-14);
    for (Index a = 0; a < 4; ++a) {
      Matrix<double> up = logits;
      Matrix<double> down = logits;
      up(0, a) += 1e-5;
      down(0, a) -= 1e-5;
      const double slope =
          (bandit.objective(softmax_policy(up).row(0)) - bandit.objective(softmax_policy(down).row(0))) / 2e-5;
      CHECK(bandit.gradient(p)[a] == Approx(slope).margin(1e-9));
    }
  }
}
