// SPDX-License-Identifier: MIT
#include "vantage/tabular/policy_gradient.hpp"

#include <Eigen/QR>

#include "catch.hpp"
#include "tabular/worlds.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/tabular/dynamic_programming.hpp"
#include "vantage/tabular/finite_mdp_environment.hpp"
#include "vantage/tabular/tabular_policy.hpp"
#include "vantage/tabular/value_table.hpp"
#include "vantage/value/no_value.hpp"

using namespace vantage;

namespace {

Matrix<double> random_logits(const FiniteMdp& mdp, Rng& rng) {
  Matrix<double> logits(mdp.states(), mdp.actions());
  for (double& logit : logits.reshaped()) logit = rng.normal();
  return logits;
}

// theta(s, a) at place s A + a
Vector<double> flat(const Matrix<double>& table) { return table.transpose().reshaped(); }

}  // namespace

TEST_CASE("the gradient of two states is the known numbers") {
  const Matrix<double> gradient = softmax_gradient(two_states(), softmax_policy(two_state_logits()));
  CHECK(gradient(0, 0) == Approx(0.576585139673934).epsilon(1e-13));
  CHECK(gradient(0, 1) == Approx(-0.576585139673936).epsilon(1e-13));
  CHECK(gradient(1, 0) == Approx(-1.422514868398931).epsilon(1e-13));
  CHECK(gradient(1, 1) == Approx(1.422514868398931).epsilon(1e-13));
}

TEST_CASE("gradients are those of finite differences") {
  Rng rng(1);
  for (int i = 0; i < 20; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const Matrix<double> logits = random_logits(mdp, rng);
    const Matrix<double> policy = softmax_policy(logits);
    const Matrix<double> exact = softmax_gradient(mdp, policy);
    const Matrix<double> direct = direct_gradient(mdp, policy);
    const Matrix<double> horizon = horizon_gradient(mdp, policy, {.steps = 7});
    const double h = 1e-5;
    const auto objective = [&](const Matrix<double>& theta) {
      return evaluate_policy(mdp, softmax_policy(theta)).objective;
    };
    const auto horizon_objective = [&](const Matrix<double>& theta) {
      return mdp.start().dot(horizon_values(mdp, softmax_policy(theta), {.steps = 7}).front());
    };
    for (Index s = 0; s < mdp.states(); ++s) {
      for (Index a = 0; a < mdp.actions(); ++a) {
        Matrix<double> up = logits;
        Matrix<double> down = logits;
        up(s, a) += h;
        down(s, a) -= h;
        REQUIRE(exact(s, a) == Approx((objective(up) - objective(down)) / (2 * h)).margin(1e-7));
        REQUIRE(horizon(s, a) == Approx((horizon_objective(up) - horizon_objective(down)) / (2 * h)).margin(1e-7));
        // probability moved from action 0 to a
        Matrix<double> more = policy;
        more(s, a) += h;
        more(s, 0) -= h;
        const Matrix<double> less = 2 * policy - more;
        const double slope = (evaluate_policy(mdp, more).objective - evaluate_policy(mdp, less).objective) / (2 * h);
        if (a > 0) REQUIRE(direct(s, a) - direct(s, 0) == Approx(slope).margin(1e-7));
      }
    }
  }
}

TEST_CASE("a long horizon, or one bootstrapped with the exact value, gives the exact gradient") {
  Rng rng(2);
  for (int i = 0; i < 20; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const Matrix<double> policy = random_policy(mdp.states(), mdp.actions(), rng);
    const Matrix<double> exact = softmax_gradient(mdp, policy);
    CHECK((horizon_gradient(mdp, policy, {.steps = 3000}) - exact).norm() < 1e-9);
    // with the exact value behind the last step every term is the exact one of its time
    const Vector<double> values = evaluate_policy(mdp, policy).values;
    for (const Vector<double>& v : horizon_values(mdp, policy, {.steps = 9, .final_values = values})) {
      CHECK((v - values).norm() < 1e-11);
    }
  }
  CHECK_THROWS_AS(horizon_gradient(two_states(), Matrix<double>::Constant(2, 2, 0.5), {.steps = 0}),
                  std::invalid_argument);
  CHECK_THROWS_AS(
      horizon_values(two_states(), Matrix<double>::Constant(2, 2, 0.5), {.final_values = Vector<double>(3)}),
      std::invalid_argument);
}

TEST_CASE("the Fisher matrix is the mean of the scores' products, and the policy's own product") {
  Rng rng(3);
  const FiniteMdp mdp = random_mdp({.states = 3, .actions = 4}, rng);
  const Matrix<double> logits = random_logits(mdp, rng);
  const Matrix<double> policy = softmax_policy(logits);
  const Vector<double> d = evaluate_policy(mdp, policy).visitation;
  const Matrix<double> fisher = softmax_fisher(policy, d);

  // enumeration: E over s ~ d, a ~ pi of score score'
  Matrix<double> expected = Matrix<double>::Zero(12, 12);
  for (Index s = 0; s < 3; ++s) {
    for (Index a = 0; a < 4; ++a) {
      Matrix<double> score = Matrix<double>::Zero(3, 4);
      score.row(s) = -policy.row(s);
      score(s, a) += 1;
      expected += d[s] * policy(s, a) * flat(score) * flat(score).transpose();
    }
  }
  CHECK((fisher - expected).norm() < 1e-14);

  // a batch whose states have known frequencies: 1 of the first, 2 of the second, 5 of the third
  const CategoricalPolicy<double> network = tabular_policy<double>(logits);
  Matrix<double> batch = Matrix<double>::Zero(3, 8);
  for (Index n = 0; n < 8; ++n) batch(n == 0 ? 0 : n < 3 ? 1 : 2, n) = 1;
  const Matrix<double> of_batch = softmax_fisher(policy, Vector<double>{{1 / 8.0, 2 / 8.0, 5 / 8.0}});
  Context context;
  for (Index k = 0; k < 12; ++k) {
    Vector<double> product(network.parameters().size());
    network.fisher_product(batch, Vector<double>::Unit(network.parameters().size(), k), context, product);
    CHECK((product.head(12) - of_batch.col(k)).norm() < 1e-14);
  }
}

TEST_CASE("the natural gradient solves the Fisher equations and is the advantage") {
  Rng rng(4);
  for (int i = 0; i < 50; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const Matrix<double> policy = random_policy(mdp.states(), mdp.actions(), rng);
    const PolicyEvaluation evaluation = evaluate_policy(mdp, policy);
    const Matrix<double> fisher = softmax_fisher(policy, evaluation.visitation);
    const Vector<double> gradient = flat(softmax_gradient(mdp, policy));
    const Matrix<double> natural = natural_softmax_gradient(mdp, policy);
    CHECK((fisher * flat(natural) - gradient).norm() < 1e-10);
    // squared length in the Fisher metric: E_d[Var_pi A] / (1 - gamma)^2
    const double variance = evaluation.visitation.dot(average(policy, evaluation.advantages.cwiseAbs2()));
    const Vector<double> least = fisher.completeOrthogonalDecomposition().solve(gradient);
    CHECK(gradient.dot(least) == Approx(variance / std::pow(1 - mdp.gamma(), 2)).margin(1e-8));
  }
}

TEST_CASE("a natural step multiplies by exponentials of advantages, and improves by the known bound") {
  Rng rng(5);
  for (int i = 0; i < 500; ++i) {
    const FiniteMdp mdp = varied_mdp(rng);
    const Matrix<double> logits = random_logits(mdp, rng);
    const Matrix<double> policy = softmax_policy(logits);
    const PolicyEvaluation before = evaluate_policy(mdp, policy);
    // the largest logit moves by e^-4 to e^4
    const double largest = std::max(before.advantages.cwiseAbs().maxCoeff(), 1e-3);
    const double eta = std::exp(rng.uniform(-4, 4)) * (1 - mdp.gamma()) / largest;
    const Matrix<double> after = softmax_policy(logits + eta * natural_softmax_gradient(mdp, policy));
    const Matrix<double> tilted =
        policy.cwiseProduct((eta / (1 - mdp.gamma()) * before.advantages.array()).exp().matrix());
    const Vector<double> z = tilted.rowwise().sum();
    REQUIRE((z.cwiseInverse().asDiagonal() * tilted - after).norm() < 1e-9);
    // log Z >= 0 in every state, so the step improves whatever its length
    const double bound = (1 - mdp.gamma()) / eta * mdp.start().dot(z.array().log().matrix());
    REQUIRE(z.minCoeff() >= 1 - 1e-12);
    REQUIRE(evaluate_policy(mdp, after).objective - before.objective >= bound - 1e-10);
  }
}

TEST_CASE("natural gradient ascent reaches the best policy at the known rate") {
  // J* - J_T <= log A / (eta T) + 1 / ((1 - gamma)^2 T) from the uniform policy, rewards in [0, 1]
  Rng rng(6);
  for (int i = 0; i < 10; ++i) {
    const FiniteMdp mdp = random_mdp({.states = 5, .actions = 3, .gamma = 0.8}, rng);
    const double best = mdp.start().dot(value_iteration(mdp).values);
    const double eta = 0.5;
    Matrix<double> logits = Matrix<double>::Zero(5, 3);
    for (int step = 1; step <= 40; ++step) {
      logits += eta * natural_softmax_gradient(mdp, softmax_policy(logits));
      const double gap = best - evaluate_policy(mdp, softmax_policy(logits)).objective;
      REQUIRE(gap >= -1e-12);
      REQUIRE(gap <= std::log(3.0) / (eta * step) + 1 / (0.04 * step));
    }
  }
}

namespace {

// mean over episodes of the library's own score gradient, with the errors of its entries from episode to episode
struct Sampled {
  Matrix<double> mean;
  Matrix<double> error;
};

/// One batch of whole episodes, one an environment: estimate.advantages times gamma^t, or times 1.
template <class V>
Sampled sample_gradient(const FiniteMdp& mdp, const Matrix<double>& logits, Index steps, const V& value, double lambda,
                        bool discount_weights) {
  const Index groups = 200;
  const Index episodes = 100;
  Context context;
  const CategoricalPolicy<double> policy = tabular_policy<double>(logits);
  Collector source(VectorEnvironment(FiniteMdpEnvironment(mdp, steps), {.count = episodes}),
                   {.steps = steps, .normalize_observations = false});
  Batch<double> batch;
  AdvantageEstimate<double> estimate;
  Vector<double> gradient;
  Matrix<double> sum = Matrix<double>::Zero(mdp.states(), mdp.actions());
  Matrix<double> squares = sum;
  for (Index group = 0; group < groups; ++group) {
    source.collect(policy, context, batch);
    Gae{.gamma = mdp.gamma(), .lambda = lambda}(batch, value, context, estimate);
    policy.score_gradient(
        batch.observations, batch.actions,
        [&](Index first, const auto& log_probs, auto&& weights) {
          for (Index n = first; n < first + log_probs.size(); ++n) {
            const Index t = n / episodes;
            const double weight = discount_weights ? std::pow(mdp.gamma(), static_cast<double>(t)) : 1;
            weights[n - first] = weight * estimate.advantages[n] / static_cast<double>(episodes);
          }
        },
        context, gradient);
    const Matrix<double> table = logit_table(gradient, mdp.states(), mdp.actions());
    sum += table;
    squares += table.cwiseAbs2();
  }
  const auto count = static_cast<double>(groups);
  const Matrix<double> mean = sum / count;
  return {mean, ((squares / count - mean.cwiseAbs2()) / count).cwiseSqrt()};
}

double largest_z(const Sampled& sampled, const Matrix<double>& expected) {
  return (sampled.mean - expected).cwiseQuotient(sampled.error).cwiseAbs().maxCoeff();
}

}  // namespace

TEST_CASE("finite processes: sampled gradients have the exact mean, with gamma^t and, another one, without") {
  const FiniteMdp mdp = two_states();
  const Matrix<double> logits = two_state_logits();
  const Matrix<double> policy = softmax_policy(logits);
  const Index steps = 20;
  const Matrix<double> with = horizon_gradient(mdp, policy, {.steps = steps});
  const Matrix<double> without = horizon_gradient(mdp, policy, {.steps = steps, .discount_weights = false});

  // Monte Carlo returns of episodes that a horizon really ends: a value of 0 behind them
  const Sampled discounted = sample_gradient(mdp, logits, steps, NoValue<double>{}, 1, true);
  CHECK(largest_z(discounted, with) < 4.5);
  CHECK(largest_z(discounted, without) > 6);
  const Sampled plain = sample_gradient(mdp, logits, steps, NoValue<double>{}, 1, false);
  CHECK(largest_z(plain, without) < 4.5);
  CHECK(largest_z(plain, with) > 6);
}

TEST_CASE("truncated episodes with the exact value behind them have the mean of episodes that go on") {
  const FiniteMdp mdp = two_states();
  const Matrix<double> logits = two_state_logits();
  const Matrix<double> policy = softmax_policy(logits);
  const PolicyEvaluation exact = evaluate_policy(mdp, policy);
  const Index steps = 8;
  const Matrix<double> cut = horizon_gradient(mdp, policy, {.steps = steps});
  const Matrix<double> bootstrapped = horizon_gradient(mdp, policy, {.steps = steps, .final_values = exact.values});
  for (const double lambda : {0.0, 0.9, 1.0}) {
    const Sampled sampled = sample_gradient(mdp, logits, steps, ValueTable{exact.values}, lambda, true);
    CHECK(largest_z(sampled, bootstrapped) < 4.5);
    // without the bootstrap the bias would show
    CHECK(largest_z(sampled, cut) > 6);
  }
}
