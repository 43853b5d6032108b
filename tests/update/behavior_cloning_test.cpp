// SPDX-License-Identifier: MIT
#include "vantage/update/behavior_cloning.hpp"

#include <cmath>

#include "catch.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"

using namespace vantage;

namespace {

struct Shown {
  Matrix<double> observations;
  Matrix<double> actions;
};

// a = 0.5 x + 0.2 + 0.3 noise
Shown line(Index count) {
  Rng rng(5);
  Shown shown{Matrix<double>(1, count), Matrix<double>(1, count)};
  for (Index n = 0; n < count; ++n) {
    shown.observations(0, n) = rng.normal();
    shown.actions(0, n) = 0.5 * shown.observations(0, n) + 0.2 + 0.3 * rng.normal();
  }
  return shown;
}

}  // namespace

TEST_CASE("a linear Gaussian policy ends where least squares does") {
  const Shown shown = line(2000);
  Context context({.threads = 2});
  GaussianPolicy<double> policy(1, 1, {.hidden = {}}, context.rng());
  const auto report = clone_behavior(policy, shown.observations, shown.actions, context,
                                     {.steps = 4000,
                                      .minibatch = 2000,
                                      .optimizer = AdamOptions{.learning_rate = 1e-2},
                                      .held_out = 0,
                                      .patience = 100});
  // of the residuals of the least-squares line
  const Vector<double> x = shown.observations.row(0).transpose(), a = shown.actions.row(0).transpose();
  const double slope = ((x.array() - x.mean()) * (a.array() - a.mean())).sum() / (x.array() - x.mean()).square().sum();
  const double intercept = a.mean() - slope * x.mean();
  const double deviation = std::sqrt((a.array() - slope * x.array() - intercept).square().mean());
  CHECK(policy.parameters()[0] == Approx(slope).epsilon(1e-3));
  CHECK(policy.parameters()[1] == Approx(intercept).epsilon(1e-3));
  CHECK(std::exp(policy.parameters()[2]) == Approx(deviation).epsilon(1e-3));
  // the mean log-density of a normal at its own maximum
  CHECK(report.log_prob_after ==
        Approx(-0.5 * std::log(2 * 3.14159265358979 * deviation * deviation) - 0.5).epsilon(1e-4));
  CHECK(report.log_prob_after > report.log_prob_before);
}

TEST_CASE("a categorical policy learns the shares of what was done") {
  Rng rng(3);
  Matrix<float> observations(1, 3000), actions(1, 3000);
  double ones = 0;
  for (Index n = 0; n < 3000; ++n) {
    observations(0, n) = 1;
    actions(0, n) = rng.uniform() < 0.8 ? 1.0F : 0.0F;
    ones += static_cast<double>(actions(0, n)) / 3000;
  }
  Context context;
  CategoricalPolicy<float> policy(1, 2, {.hidden = {4}}, context.rng());
  clone_behavior(policy, observations, actions, context,
                 {.minibatch = 3000, .optimizer = AdamOptions{.learning_rate = 1e-2}, .held_out = 0});
  Vector<float> log_prob(1);
  policy.log_prob(Matrix<float>::Ones(1, 1), Matrix<float>::Ones(1, 1), context, log_prob);
  CHECK(std::exp(log_prob[0]) == Approx(ones).epsilon(0.01));
}

TEST_CASE("what held-out samples do not confirm is not kept") {
  // few samples of pure noise: a wide network learns them by heart
  Rng rng(8);
  Matrix<double> observations(2, 60), actions(1, 60);
  for (double& number : observations.reshaped()) number = rng.normal();
  for (double& number : actions.reshaped()) number = rng.normal();
  Context context;
  GaussianPolicy<double> policy(2, 1, {.hidden = {64, 64}}, context.rng());
  GaussianPolicy<double> stubborn = policy;
  const BehaviorCloningOptions options{
      .steps = 3000, .optimizer = AdamOptions{.learning_rate = 1e-2}, .held_out = 0.3, .check_every = 20};
  const auto report = clone_behavior(policy, observations, actions, context, options);
  CHECK(report.steps < 3000);
  CHECK(report.steps == report.kept_steps + options.patience * options.check_every);
  Vector<double> log_probs(18);
  policy.log_prob(observations.rightCols(18), actions.rightCols(18), context, log_probs);
  CHECK(log_probs.mean() == Approx(report.log_prob_after));
  CHECK(report.log_prob_after >= report.log_prob_before);

  auto all = options;
  all.held_out = 0;
  clone_behavior(stubborn, Matrix<double>(observations.leftCols(42)), Matrix<double>(actions.leftCols(42)), context,
                 all);
  stubborn.log_prob(observations.rightCols(18), actions.rightCols(18), context, log_probs);
  CHECK(log_probs.mean() < report.log_prob_after - 1);
}

TEST_CASE("cloning has the same bits on any number of threads") {
  const Shown shown = line(700);
  Vector<double> expected;
  for (const Index threads : {1, 2, 4}) {
    Context context({.threads = threads});
    GaussianPolicy<double> policy(1, 1, {.hidden = {8}}, context.rng());
    clone_behavior(policy, shown.observations, shown.actions, context, {.steps = 200, .minibatch = 300});
    if (threads == 1) expected = policy.parameters();
    CHECK(policy.parameters() == expected);
  }
}

TEST_CASE("impossible cloning is refused") {
  Context context;
  GaussianPolicy<double> policy(1, 1, {}, context.rng());
  const Matrix<double> one = Matrix<double>::Zero(1, 10), two = Matrix<double>::Zero(2, 10);
  const auto refused = [&](const Matrix<double>& observations, const Matrix<double>& actions,
                           const BehaviorCloningOptions& options, const char* words) {
    CHECK_THROWS_WITH(clone_behavior(policy, observations, actions, context, options),
                      Catch::Matchers::Contains(words));
  };
  refused(two, one, {}, "observations of the policy's size, got 2");
  refused(one, two, {}, "actions of the policy's size, got 2");
  refused(one, one.leftCols(9), {}, "an action for each observation, got 9");
  refused(Matrix<double>(1, 0), Matrix<double>(1, 0), {}, "a sample to learn from, got 0");
  refused(one, one, {.steps = -1}, "steps >= 0, got -1");
  refused(one, one, {.minibatch = 0}, "minibatch >= 1");
  refused(one, one, {.held_out = 1}, "0 <= held_out < 1");
  refused(one, one, {.check_every = 0}, "check_every >= 1");
  refused(one, one, {.patience = 0}, "patience >= 1");
}
