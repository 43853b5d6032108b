// SPDX-License-Identifier: MIT
#include "vantage/tabular/tabular_policy.hpp"

#include "catch.hpp"
#include "tabular/worlds.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/tabular/dynamic_programming.hpp"
#include "vantage/tabular/finite_mdp_environment.hpp"
#include "vantage/tabular/policy_gradient.hpp"
#include "vantage/tabular/value_table.hpp"
#include "vantage/update/natural_gradient.hpp"
#include "vantage/update/vpg.hpp"

using namespace vantage;

static_assert(FisherPolicy<CategoricalPolicy<double>>);

TEST_CASE("a tabular policy has the probabilities of its logits") {
  const Matrix<double> logits{{0.3, -1, 0.2}, {2, 0, -2}};
  const CategoricalPolicy<double> policy = tabular_policy<double>(logits);
  Context context;
  const Matrix<double> states{{1, 1, 1, 0, 0, 0}, {0, 0, 0, 1, 1, 1}};
  const Matrix<double> actions{{0, 1, 2, 0, 1, 2}};
  Vector<double> log_probs(6);
  policy.log_prob(states, actions, context, log_probs);
  const Matrix<double> expected = softmax_policy(logits);
  for (Index n = 0; n < 6; ++n) CHECK(std::exp(log_probs[n]) == Approx(expected(n / 3, n % 3)).epsilon(1e-14));
  CHECK(expected.rowwise().sum().isOnes(1e-14));
  CHECK(expected(0, 0) / expected(0, 1) == Approx(std::exp(1.3)));
}

TEST_CASE("logits come back from a policy, biases added") {
  const Matrix<double> logits{{0.3, -1, 0.2}, {2, 0, -2}};
  CategoricalPolicy<double> policy = tabular_policy<double>(logits);
  CHECK(tabular_logits(policy) == logits);
  policy.parameters().tail(3) << 1, 2, 3;
  CHECK(tabular_logits(policy) == Matrix<double>{{1.3, 1, 3.2}, {3, 2, 1}});
  CHECK(logit_table(policy.parameters(), 2, 3) == logits);
  CHECK_THROWS_AS(logit_table(policy.parameters(), 3, 2), std::invalid_argument);
  Rng rng;
  CHECK_THROWS_AS(tabular_logits(CategoricalPolicy<double>(2, 3, {}, rng)), std::invalid_argument);
  CHECK(tabular_logits(tabular_policy<float>(logits)).isApprox(logits, 1e-6));
}

TEST_CASE("the score of a tabular policy is the unit vector less the probabilities") {
  const Matrix<double> logits{{0.3, -1, 0.2}, {2, 0, -2}};
  const CategoricalPolicy<double> policy = tabular_policy<double>(logits);
  Context context;
  const Matrix<double> state{{0}, {1}};
  const Matrix<double> action{{2}};
  Vector<double> gradient;
  policy.score_gradient(
      state, action, [](Index, const auto&, auto&& weights) { weights.setOnes(); }, context, gradient);
  Matrix<double> expected = Matrix<double>::Zero(2, 3);
  expected.row(1) = -softmax_policy(logits).row(1);
  expected(1, 2) += 1;
  CHECK((logit_table(gradient, 2, 3) - expected).norm() < 1e-14);
}

TEST_CASE("the library's updates take a tabular policy to nearly the best one") {
  const FiniteMdp mdp = corridor();
  const double best = mdp.start().dot(value_iteration(mdp).values);
  const auto learn = [&](auto update) {
    CategoricalPolicy<double> policy = tabular_policy<double>(Matrix<double>::Zero(4, 2));
    Context context;
    Collector source(VectorEnvironment(FiniteMdpEnvironment(mdp, 30), {.count = 8}),
                     {.steps = 32, .normalize_observations = false});
    Batch<double> batch;
    AdvantageEstimate<double> estimate;
    for (int i = 0; i < 40; ++i) {
      source.collect(policy, context, batch);
      const Vector<double> values = evaluate_policy(mdp, softmax_policy(tabular_logits(policy))).values;
      Gae{.gamma = 0.9, .lambda = 0.9}(batch, ValueTable{values}, context, estimate);
      update(policy, batch, estimate, context);
    }
    return evaluate_policy(mdp, softmax_policy(tabular_logits(policy))).objective;
  };
  const double first = evaluate_policy(mdp, Matrix<double>::Constant(4, 2, 0.5)).objective;
  CHECK(first < 0.6 * best);
  CHECK(learn(Vpg<CategoricalPolicy<double>>({.optimizer = AdamOptions{.learning_rate = 0.1}})) > 0.97 * best);
  CHECK(learn(NaturalGradient<CategoricalPolicy<double>>({.max_kl = 0.05})) > 0.97 * best);
}
