// SPDX-License-Identifier: MIT
#include "vantage/policy/gaussian_policy.hpp"

#include <array>
#include <numbers>
#include <stdexcept>

#include "catch.hpp"
#include "nn/sines.hpp"
#include "policy/policy_checks.hpp"

using namespace vantage;
using Policy = GaussianPolicy<double>;
static_assert(FisherPolicy<Policy> && FisherPolicy<GaussianPolicy<float>>);

namespace {

struct Samples {
  Matrix<double> observations;
  Matrix<double> actions;
  Vector<double> weights;
};

Samples samples(Index count) {
  Rng rng(7);
  Samples result{Matrix<double>(3, count), Matrix<double>(2, count), Vector<double>(count)};
  for (double& x : result.observations.reshaped()) x = rng.normal();
  for (double& x : result.actions.reshaped()) x = rng.normal();
  for (double& x : result.weights) x = rng.normal();
  return result;
}

std::vector<GaussianPolicyOptions> all_options() {
  std::vector<GaussianPolicyOptions> result;
  for (const bool state_dependent : {false, true}) {
    for (const bool bounded : {false, true}) {
      GaussianPolicyOptions options{.hidden = {7, 5}, .initialization = {.output_gain = 0.7}};
      options.state_dependent_std = state_dependent;
      if (bounded) options.log_std_bounds = LogStdBounds{-1.5, 0.4};
      result.push_back(options);
    }
  }
  GaussianPolicyOptions encoded{
      .hidden = {7, 5}, .activation = Activation::silu, .initialization = {.output_gain = 0.7}};
  encoded.layer_norm = true;
  encoded.encoder = {{2, {4}}, {1, {}}};
  result.push_back(encoded);
  return result;
}

Policy make(const GaussianPolicyOptions& options, std::uint64_t seed = 3) {
  Rng rng(seed);
  Policy policy(3, 2, options, rng);
  for (double& parameter : policy.parameters()) parameter += 0.1 * rng.normal();
  return policy;
}

// the distribution in one state, by a forward pass of its own
std::pair<Vector<double>, Vector<double>> distribution(const Policy& policy, const Vector<double>& observation) {
  Policy::Network::Tape<double> tape;
  const Index weights = policy.network().parameter_count();
  const Matrix<double> output = policy.network().forward<double>(policy.parameters().head(weights), observation, tape);
  Vector<double> log_std = policy.options().state_dependent_std ? Vector<double>(output.col(0).tail(2))
                                                                : Vector<double>(policy.parameters().tail(2));
  if (const auto& bounds = policy.options().log_std_bounds) {
    log_std = (bounds->low + (bounds->high - bounds->low) * (1 + log_std.array().tanh()) / 2).matrix();
  }
  return {output.col(0).head(2), log_std};
}

}  // namespace

TEST_CASE("the score gradient agrees with finite differences of log-probabilities") {
  const Samples data = samples(150);  // more than a block
  for (const auto& options : all_options()) {
    check_score_gradient(make(options), data.observations, data.actions, data.weights);
  }
}

TEST_CASE("the mean deviation is that of its distribution, where that is one for all states") {
  for (const auto& options : all_options()) {
    const Policy policy = make(options);
    const Vector<double> log_std = distribution(policy, Vector<double>::Ones(3)).second;
    if (options.state_dependent_std) CHECK(std::isnan(policy.mean_deviation()));
    else CHECK(policy.mean_deviation() == Approx(log_std.array().exp().mean()).epsilon(1e-14));
    // of its own components where there are other outputs too
    const double wider = policy.with_extra_outputs(3).mean_deviation();
    CHECK((wider == policy.mean_deviation() || (std::isnan(wider) && options.state_dependent_std)));
  }
}

TEST_CASE("a comparison with another gaussian policy is that of its parts") {
  const Samples data = samples(150);
  for (const auto& options : all_options()) {
    check_compare(make(options), make(options, 11), data.observations, data.actions);
  }
}

TEST_CASE("a regularization adds the gradients of entropy and divergence") {
  const Samples data = samples(150);
  for (const auto& options : all_options()) {
    check_regularization(make(options), make(options, 11), data.observations, data.actions, data.weights);
  }
}

TEST_CASE("the Fisher product is the Hessian of the mean divergence, and the mean of outer products of scores") {
  const Samples data = samples(9);
  Context context({.threads = 2});
  for (auto options : all_options()) {
    options.hidden = {3};
    const Policy policy = make(options);
    const Matrix<double> fisher = fisher_matrix(policy, data.observations, context);
    const double scale = fisher.cwiseAbs().maxCoeff();
    CHECK((fisher - divergence_hessian(policy, data.observations, context)).cwiseAbs().maxCoeff() < 2e-5 * scale);
    // the expectation over actions by a quadrature that is exact for polynomials of degree five: scores are of degree 2
    const std::array<double, 3> nodes{-std::sqrt(3.0), 0, std::sqrt(3.0)};
    const std::array<double, 3> shares{1.0 / 6, 2.0 / 3, 1.0 / 6};
    Matrix<double> outer = Matrix<double>::Zero(fisher.rows(), fisher.cols());
    for (Index n = 0; n < 9; ++n) {
      const auto [mean, log_std] = distribution(policy, data.observations.col(n));
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
          const Vector<double> z{{nodes[i], nodes[j]}};
          const Vector<double> action = mean.array() + log_std.array().exp() * z.array();
          const Vector<double> score =
              weighted_score(policy, data.observations.col(n), action, Vector<double>::Ones(1), context);
          outer += shares[i] * shares[j] / 9 * score * score.transpose();
        }
      }
    }
    CHECK((fisher - outer).cwiseAbs().maxCoeff() < 1e-12 * scale);
  }
}

TEST_CASE("a policy stands on any differentiable map") {
  using OnSines = GaussianPolicy<double, Sines>;
  STATIC_REQUIRE(FisherPolicy<OnSines>);
  const Samples data = samples(150), few = samples(9);
  Context context({.threads = 2});
  const auto on_sines = [](std::uint64_t seed) {
    Rng rng(seed);
    OnSines policy(Sines{}, 2, {.hidden = {3}, .initialization = {.output_gain = 0.7}}, rng);
    for (double& parameter : policy.parameters()) parameter += 0.1 * rng.normal();
    return policy;
  };
  const OnSines policy = on_sines(3);
  CHECK(policy.observation_size() == 3);
  CHECK(policy.parameters().size() == 6 + 3 * 7 + 2 * 4 + 2);
  check_score_gradient(policy, data.observations, data.actions, data.weights);
  check_compare(policy, on_sines(11), data.observations, data.actions);
  check_threads(policy, data.observations, data.actions, data.weights);
  const Matrix<double> fisher = fisher_matrix(policy, few.observations, context);
  CHECK((fisher - divergence_hessian(policy, few.observations, context)).cwiseAbs().maxCoeff() <
        2e-5 * fisher.cwiseAbs().maxCoeff());
  CHECK(fisher.topLeftCorner(6, 6).norm() > 0);
  Rng rng;
  GaussianPolicyOptions twice;
  twice.encoder = {{3, {4}}};
  CHECK_THROWS_AS(OnSines(Sines{}, 2, twice, rng), std::invalid_argument);
}

TEST_CASE("without an encoder and layer norm a policy is what it was") {
  Rng rng(3), same(3);
  const GaussianPolicy<float> policy(3, 2, {.hidden = {7, 5}}, rng);
  const Mlp plain({3, 7, 5, 2});
  Vector<float> expected(plain.parameter_count());
  plain.initialize(expected, {.output_gain = 0.01 * std::numbers::sqrt2}, same);
  CHECK(policy.network().is_second_alone());
  REQUIRE(policy.parameters().size() == expected.size() + 2);
  CHECK(policy.parameters().head(expected.size()) == expected);
}

TEST_CASE("log-probability, entropy, divergence and mode are those of the normal distribution") {
  const Samples data = samples(130);
  Context context;
  for (const auto& options : all_options()) {
    const Policy policy = make(options);
    const Policy other = make(options, 11);
    Vector<double> log_probs(130), entropy(130), divergence(130);
    Matrix<double> modes(2, 130);
    policy.log_prob(data.observations, data.actions, context, log_probs);
    policy.entropy(data.observations, context, entropy);
    policy.kl_divergence(other, data.observations, context, divergence);
    policy.mode(data.observations, modes, context, 0);
    for (Index n = 0; n < 130; ++n) {
      const auto [mean, log_std] = distribution(policy, data.observations.col(n));
      const auto [other_mean, other_log_std] = distribution(other, data.observations.col(n));
      CHECK(log_probs[n] == Approx(diagonal_gaussian::log_prob(mean, log_std, data.actions.col(n))).epsilon(1e-12));
      CHECK(entropy[n] == Approx(diagonal_gaussian::entropy(log_std)).epsilon(1e-12));
      CHECK(divergence[n] ==
            Approx(diagonal_gaussian::kl_divergence(mean, log_std, other_mean, other_log_std)).epsilon(1e-12));
      CHECK((modes.col(n) - mean).norm() < 1e-13);
    }
  }
}

TEST_CASE("samples have the distribution they claim") {
  Context context;
  for (const auto& options : all_options()) {
    const Policy policy = make(options);
    const Index count = 20000;
    const Vector<double> state{{0.4, -1.2, 0.3}};
    const auto [mean, log_std] = distribution(policy, state);
    std::vector<Rng> rngs;
    for (Index n = 0; n < count; ++n) rngs.emplace_back(5, static_cast<std::uint64_t>(n));
    const Matrix<double> observations = state.replicate(1, count);
    Matrix<double> actions(2, count);
    Vector<double> log_probs(count), again(count);
    policy.sample(observations, rngs, actions, log_probs, context, 0);
    policy.log_prob(observations, actions, context, again);
    CHECK((log_probs - again).cwiseAbs().maxCoeff() < 1e-12);
    const Matrix<double> z = (actions.colwise() - mean).array().colwise() * (-log_std).array().exp();
    // z-tests of means, variances and covariance; a right sampler fails one of 5 x 4 with probability 20 x 6e-5
    const double root = std::sqrt(static_cast<double>(count));
    for (Index i = 0; i < 2; ++i) {
      CHECK(std::abs(z.row(i).mean()) * root < 4);
      CHECK(std::abs(z.row(i).squaredNorm() / static_cast<double>(count) - 1) * root / std::sqrt(2.0) < 4);
    }
    CHECK(std::abs(z.row(0).dot(z.row(1)) / static_cast<double>(count)) * root < 4);
    // and the mean of -log pi is the entropy: its variance is A / 2
    CHECK(std::abs(-log_probs.mean() - diagonal_gaussian::entropy(log_std)) * root < 4);
  }
}

TEST_CASE("a column draws from its own stream") {
  Context context;
  const Policy policy = make({});
  const Samples data = samples(3);
  std::vector<Rng> rngs{Rng(1, 0), Rng(1, 1), Rng(1, 2)};
  Rng alone(1, 1);
  Matrix<double> actions(2, 3), single(2, 1);
  Vector<double> log_probs(3), log_prob(1);
  policy.sample(data.observations, rngs, actions, log_probs, context, 0);
  policy.sample(data.observations.middleCols(1, 1), {&alone, 1}, single, log_prob, context, 0);
  CHECK((actions.col(1) - single.col(0)).norm() < 1e-13);
  CHECK(alone == rngs[1]);
}

TEST_CASE("the first standard deviation is the option's, also within bounds") {
  Context context;
  for (auto options : all_options()) {
    options.log_std = -0.8;
    options.initialization.output_gain = 0;
    Rng rng(1);
    const Policy policy(3, 2, options, rng);
    Vector<double> entropy(1);
    policy.entropy(Matrix<double>::Ones(3, 1), context, entropy);
    CHECK(entropy[0] == Approx(diagonal_gaussian::entropy(Vector<double>::Constant(2, -0.8))));
  }
  // however large the parameter, the bound holds
  auto options = all_options()[1];
  Rng rng(1);
  Policy policy(3, 2, options, rng);
  for (const double push : {-50.0, 50.0}) {
    policy.parameters().tail(2).setConstant(push);
    Vector<double> entropy(1);
    policy.entropy(Matrix<double>::Ones(3, 1), context, entropy);
    const double bound = push > 0 ? options.log_std_bounds->high : options.log_std_bounds->low;
    CHECK(entropy[0] == Approx(diagonal_gaussian::entropy(Vector<double>::Constant(2, bound))));
  }
}

TEST_CASE("gradients and Fisher products do not depend on the number of threads") {
  const Samples data = samples(1000);
  for (const auto& options : all_options()) check_threads(make(options), data.observations, data.actions, data.weights);
}

TEST_CASE("impossible policies are refused") {
  Rng rng;
  CHECK_THROWS_AS(Policy(0, 1, {}, rng), std::invalid_argument);
  CHECK_THROWS_AS(Policy(1, 0, {}, rng), std::invalid_argument);
  CHECK_THROWS_AS(Policy(1, 1, {.log_std = 2, .log_std_bounds = LogStdBounds{-5, 2}}, rng), std::invalid_argument);
}

TEST_CASE("a policy for a task has the task's sizes, and the parameters that these sizes give") {
  EnvironmentSpec spec{"task", 3, Vector<double>::Constant(2, -1), Vector<double>::Ones(2), 10, {}};
  Rng rng(4), other(4);
  const GaussianPolicy<float> policy(spec, {.hidden = {5}}, rng);
  CHECK(policy.observation_size() == 3);
  CHECK(policy.action_size() == 2);
  CHECK(policy.parameters() == GaussianPolicy<float>(3, 2, {.hidden = {5}}, other).parameters());
  spec.discrete_actions = 2;
  CHECK_THROWS_WITH(GaussianPolicy<float>(spec, {}, rng), Catch::Matchers::Contains("a task of continuous actions"));
}
