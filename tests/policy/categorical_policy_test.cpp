// SPDX-License-Identifier: MIT
#include "vantage/policy/categorical_policy.hpp"

#include <array>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "nn/sines.hpp"
#include "policy/policy_checks.hpp"
#include "vantage/io/archive.hpp"

using namespace vantage;
using Policy = CategoricalPolicy<double>;
static_assert(FisherPolicy<Policy> && FisherPolicy<CategoricalPolicy<float>>);

namespace {

constexpr Index kActions = 4;

struct Samples {
  Matrix<double> observations;
  Matrix<double> actions;
  Vector<double> weights;
};

Samples samples(Index count) {
  Rng rng(7);
  Samples result{Matrix<double>(3, count), Matrix<double>(1, count), Vector<double>(count)};
  for (double& x : result.observations.reshaped()) x = rng.normal();
  for (double& a : result.actions.reshaped()) a = static_cast<double>(rng.below(kActions));
  for (double& w : result.weights) w = rng.normal();
  return result;
}

Policy make(std::uint64_t seed = 3, std::vector<Index> hidden = {7, 5}) {
  Rng rng(seed);
  Policy policy(3, kActions, {.hidden = std::move(hidden), .initialization = {.output_gain = 0.7}}, rng);
  for (double& parameter : policy.parameters()) parameter += 0.2 * rng.normal();
  return policy;
}

// probabilities in one state, by a forward pass and a sum of exponentials of its own
Vector<double> probabilities(const Policy& policy, const Vector<double>& observation) {
  Policy::Network::Tape<double> tape;
  const Matrix<double> output = policy.network().forward<double>(policy.parameters(), observation, tape);
  const Vector<double> raw = output.col(0).array().exp();
  return raw / raw.sum();
}

}  // namespace

TEST_CASE("the categorical score gradient agrees with finite differences") {
  const Samples data = samples(150);  // more than a block
  check_score_gradient(make(), data.observations, data.actions, data.weights);
}

TEST_CASE("a categorical policy behind an encoder has the gradients of finite differences") {
  const Samples data = samples(150);
  Rng rng(3);
  Policy policy(3, kActions,
                {.hidden = {6},
                 .activation = Activation::silu,
                 .initialization = {.output_gain = 0.7},
                 .layer_norm = true,
                 .encoder = {{1, {}}, {2, {5}}}},
                rng);
  for (double& parameter : policy.parameters()) parameter += 0.2 * rng.normal();
  check_score_gradient(policy, data.observations, data.actions, data.weights);
  check_threads(policy, data.observations, data.actions, data.weights);
  using OnSines = CategoricalPolicy<double, Sines>;
  OnSines on_sines(Sines{}, kActions, {.hidden = {5}, .initialization = {.output_gain = 0.7}}, rng);
  for (double& parameter : on_sines.parameters()) parameter += 0.2 * rng.normal();
  check_score_gradient(on_sines, data.observations, data.actions, data.weights);
}

TEST_CASE("a comparison with another categorical policy is that of its parts") {
  const Samples data = samples(150);
  check_compare(make(), make(11), data.observations, data.actions);
}

TEST_CASE("a regularization adds the gradients of the softmax's entropy and divergence") {
  const Samples data = samples(150);
  check_regularization(make(), make(11), data.observations, data.actions, data.weights);
}

TEST_CASE("log-probability, entropy, divergence and mode are those of the softmax") {
  const Samples data = samples(130);
  Context context({.threads = 2});
  const Policy policy = make();
  const Policy other = make(11);
  Vector<double> log_probs(130), entropy(130), divergence(130);
  Matrix<double> modes(1, 130);
  policy.log_prob(data.observations, data.actions, context, log_probs);
  policy.entropy(data.observations, context, entropy);
  policy.kl_divergence(other, data.observations, context, divergence);
  policy.mode(data.observations, modes, context, 0);
  for (Index n = 0; n < 130; ++n) {
    const Vector<double> p = probabilities(policy, data.observations.col(n));
    const Vector<double> q = probabilities(other, data.observations.col(n));
    CHECK(log_probs[n] == Approx(std::log(p[static_cast<Index>(data.actions(0, n))])).epsilon(1e-12));
    CHECK(entropy[n] == Approx(-p.dot(p.array().log().matrix())).epsilon(1e-12));
    CHECK(divergence[n] == Approx((p.array() * (p.array() / q.array()).log()).sum()).epsilon(1e-12));
    Index best = 0;
    p.maxCoeff(&best);
    CHECK(modes(0, n) == static_cast<double>(best));
  }
}

TEST_CASE("the probabilities of all actions add up to one") {
  const Samples data = samples(20);
  Context context;
  Vector<double> log_probs(20), sum = Vector<double>::Zero(20);
  for (Index k = 0; k < kActions; ++k) {
    make().log_prob(data.observations, Matrix<double>::Constant(1, 20, static_cast<double>(k)), context, log_probs);
    sum += log_probs.array().exp().matrix();
  }
  CHECK((sum.array() - 1).abs().maxCoeff() < 1e-14);
}

TEST_CASE("actions are drawn as often as their probabilities say") {
  Context context;
  const Policy policy = make();
  const Samples data = samples(3);
  const Index count = 20000;
  for (Index state = 0; state < 3; ++state) {
    std::vector<Rng> rngs;
    for (Index n = 0; n < count; ++n) rngs.emplace_back(5, static_cast<std::uint64_t>(n));
    const Matrix<double> observations = data.observations.col(state).replicate(1, count);
    Matrix<double> actions(1, count);
    Vector<double> log_probs(count), again(count);
    policy.sample(observations, rngs, actions, log_probs, context, 0);
    policy.log_prob(observations, actions, context, again);
    CHECK(log_probs == again);
    const Vector<double> p = probabilities(policy, data.observations.col(state));
    Vector<double> seen = Vector<double>::Zero(kActions);
    for (const double action : actions.reshaped()) seen[static_cast<Index>(action)] += 1;
    const Vector<double> expected = static_cast<double>(count) * p;
    // chi-square with three degrees of freedom: a right sampler is above with probability 1e-6
    CHECK(((seen - expected).array().square() / expected.array()).sum() < 30.66);
  }
}

TEST_CASE("a categorical column draws one number from its own stream") {
  Context context;
  const Policy policy = make();
  const Samples data = samples(3);
  std::vector<Rng> rngs{Rng(1, 0), Rng(1, 1), Rng(1, 2)};
  Rng alone(1, 1);
  Matrix<double> actions(1, 3), single(1, 1);
  Vector<double> log_probs(3), log_prob(1);
  policy.sample(data.observations, rngs, actions, log_probs, context, 0);
  policy.sample(data.observations.middleCols(1, 1), {&alone, 1}, single, log_prob, context, 0);
  CHECK(actions(0, 1) == single(0, 0));
  CHECK(log_probs[1] == log_prob[0]);
  CHECK(alone == rngs[1]);
  Rng counted(1, 1);
  (void)counted.uniform();
  CHECK(alone == counted);
}

TEST_CASE("the categorical Fisher product is the Hessian of the mean divergence, and the mean of outer products") {
  const Samples data = samples(9);
  Context context({.threads = 2});
  for (const auto& hidden : {std::vector<Index>{3}, std::vector<Index>{}}) {
    const Policy policy = make(3, hidden);
    const Matrix<double> fisher = fisher_matrix(policy, data.observations, context);
    const double scale = fisher.cwiseAbs().maxCoeff();
    CHECK(scale > 0.01);
    CHECK((fisher - divergence_hessian(policy, data.observations, context)).cwiseAbs().maxCoeff() < 2e-5 * scale);
    // the expectation over actions by enumeration
    Matrix<double> outer = Matrix<double>::Zero(fisher.rows(), fisher.cols());
    for (Index n = 0; n < 9; ++n) {
      const Vector<double> p = probabilities(policy, data.observations.col(n));
      for (Index k = 0; k < kActions; ++k) {
        const Vector<double> score =
            weighted_score(policy, data.observations.col(n), Matrix<double>::Constant(1, 1, static_cast<double>(k)),
                           Vector<double>::Ones(1), context);
        outer += p[k] / 9 * score * score.transpose();
      }
    }
    CHECK((fisher - outer).cwiseAbs().maxCoeff() < 1e-13 * scale);
  }
}

TEST_CASE("near a policy the gradient of the divergence is the Fisher product of the step") {
  const Samples data = samples(40);
  Context context;
  Policy policy = make(3, {3});
  const Policy origin = policy;
  Rng rng(2);
  Vector<double> step(policy.parameters().size()), kl(40), product;
  for (double& x : step) x = 1e-4 * rng.normal();
  const auto mean_kl = [&] {
    origin.kl_divergence(policy, data.observations, context, kl);
    return kl.mean();
  };
  CHECK(finite_difference(policy.parameters(), mean_kl).cwiseAbs().maxCoeff() < 1e-9);
  policy.parameters() += step;
  origin.fisher_product(data.observations, step, context, product);
  CHECK((finite_difference(policy.parameters(), mean_kl) - product).norm() < 1e-3 * product.norm());
}

TEST_CASE("logits of a thousand give finite numbers everywhere") {
  Context context;
  Rng rng;
  CategoricalPolicy<float> policy(1, 3, {.hidden = {}}, rng);
  policy.parameters() << 0, 0, 0, 1e3F, -1e3F, 0;
  const Matrix<float> observations = Matrix<float>::Ones(1, 3);
  const Matrix<float> actions{{0, 1, 2}};
  Vector<float> log_probs(3), entropy(3), kl(3);
  policy.log_prob(observations, actions, context, log_probs);
  CHECK(log_probs == Vector<float>{{0, -2000, -1000}});
  policy.entropy(observations, context, entropy);
  CHECK(entropy.cwiseAbs().maxCoeff() == 0);
  CategoricalPolicy<float> other = policy;
  other.parameters() << 0, 0, 0, -1e3F, 1e3F, 0;
  policy.kl_divergence(other, observations, context, kl);
  CHECK(kl == Vector<float>::Constant(3, 2000));
  Vector<float> gradient, product;
  policy.score_gradient(
      observations, actions, [](Index, const VectorRef<float>&, VectorRef<float> weights) { weights.setOnes(); },
      context, gradient);
  CHECK(gradient == Vector<float>{{-2, 1, 1, -2, 1, 1}});
  policy.fisher_product(observations, gradient, context, product);
  CHECK(product.cwiseAbs().maxCoeff() == 0);
  std::vector<Rng> rngs(3);
  Matrix<float> drawn(1, 3);
  policy.sample(observations, rngs, drawn, log_probs, context, 0);
  CHECK(drawn.cwiseAbs().maxCoeff() == 0);
  // a policy that is broken still draws an action that there is
  policy.parameters().setConstant(std::numeric_limits<float>::quiet_NaN());
  policy.sample(observations, rngs, drawn, log_probs, context, 0);
  CHECK(drawn.cwiseAbs().maxCoeff() == 0);
  CHECK(std::isnan(log_probs[0]));
}

TEST_CASE("categorical gradients and Fisher products do not depend on the number of threads") {
  const Samples data = samples(1000);
  check_threads(make(), data.observations, data.actions, data.weights);
}

TEST_CASE("the first policy is nearly uniform") {
  Context context;
  Rng rng(1);
  const Policy policy(3, kActions, {}, rng);
  const Samples data = samples(50);
  Vector<double> entropy(50);
  policy.entropy(data.observations, context, entropy);
  CHECK(entropy.minCoeff() > std::log(4.0) - 1e-3);
  CHECK(policy.action_size() == 1);
  CHECK(policy.discrete_actions() == 4);
  CHECK(policy.observation_size() == 3);
}

TEST_CASE("a saved categorical policy is the same policy") {
  const TemporaryFolder folder;
  const Policy policy = make();
  save_state(folder / "p", policy);
  Policy loaded = make(8);
  load_state(folder / "p", loaded);
  CHECK(loaded.parameters() == policy.parameters());
}

TEST_CASE("impossible categorical policies and actions are refused") {
  Rng rng;
  Context context;
  CHECK_THROWS_AS(Policy(0, 2, {}, rng), std::invalid_argument);
  CHECK_THROWS_WITH(Policy(1, 1, {}, rng), Catch::Matchers::ContainsSubstring("discrete_actions >= 2, got 1"));
  const Matrix<double> observations = Matrix<double>::Zero(3, 1);
  Vector<double> out(1);
  for (const double bad : {-1.0, 4.0, 1.5, std::nan("")}) {
    CHECK_THROWS_WITH(make().log_prob(observations, Matrix<double>::Constant(1, 1, bad), context, out),
                      Catch::Matchers::ContainsSubstring("CategoricalPolicy: expected an action"));
  }
}

TEST_CASE("a policy for a task has the task's choices, and the parameters that these sizes give") {
  EnvironmentSpec spec{"task", 3, {}, {}, 10, {}, 4};
  Rng rng(4), other(4);
  const CategoricalPolicy<float> policy(spec, {.hidden = {5}}, rng);
  CHECK(policy.observation_size() == 3);
  CHECK(policy.discrete_actions() == 4);
  CHECK(policy.parameters() == CategoricalPolicy<float>(3, 4, {.hidden = {5}}, other).parameters());
  spec.discrete_actions = 0;
  CHECK_THROWS_WITH(CategoricalPolicy<float>(spec, {}, rng), Catch::Matchers::Contains("a task of discrete actions"));
}
