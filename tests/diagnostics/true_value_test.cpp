// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/true_value.hpp"

#include "catch.hpp"
#include "tabular/linear_worlds.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/tabular/linear_quadratic_environment.hpp"
#include "vantage/value/value_network.hpp"

using namespace vantage;

namespace {

using Value = ValueNetwork<double>;

struct Problem {
  LinearQuadratic world;
  LinearGaussian policy;
};

// states of deviation 1 or so, and returns of three steps or so
Problem narrow() {
  Problem problem{scalar_world(), scalar_policy()};
  problem.world.noise(0, 0) = 0.5;
  problem.world.gamma = 0.7;
  return problem;
}

Problem wide() {
  Rng rng(5);
  Problem problem{random_linear_world(rng), random_linear_policy(rng)};
  problem.world.noise = 0.5 * Matrix<double>::Identity(3, 3);
  problem.world.gamma = 0.5;
  return problem;
}

Value make(Index inputs, Index hidden) {
  Rng rng(3);
  return {inputs, {.hidden = {hidden}, .activation = Activation::relu}, rng};
}

// returns that never terminate; episodes of 250 steps, so that starts are seen
ReturnSamples<double> play(const Problem& problem, Index environments, Index count, std::uint64_t seed) {
  Context context;
  const Index states = problem.world.state_size(), actions = problem.world.action_size();
  GaussianPolicy<double> policy(states, actions, {.hidden = {}}, context.rng());
  policy.parameters() << problem.policy.gain.reshaped(), Vector<double>::Zero(actions), problem.policy.log_std;
  Collector<LinearQuadraticEnvironment> collector(
      VectorEnvironment(LinearQuadraticEnvironment(problem.world, 250), {.count = environments, .seed = seed}),
      {.steps = 250, .normalize_observations = false});
  ReturnSamples<double> samples(states, count, {.gamma = problem.world.gamma, .most_unseen = 1e-3});
  Batch<double> batch;
  while (!samples.is_full()) {
    collector.collect(policy, context, batch);
    samples.add(batch, context);
  }
  return samples;
}

// V of the closed form at the states of some samples
Vector<double> exact(const Problem& problem, const ReturnSamples<double>& samples) {
  const QuadraticValue value = evaluate_policy(problem.world, problem.policy).value;
  Vector<double> values(samples.size());
  for (Index n = 0; n < values.size(); ++n) values[n] = value(samples.inputs().col(n));
  return values;
}

Vector<double> predict(const Value& value, const ReturnSamples<double>& samples) {
  Context context;
  Vector<double> values(samples.size());
  value.predict(samples.inputs(), context, values);
  return values;
}

}  // namespace

TEST_CASE("the true value of a linear policy is that of the closed form, with its constant") {
  const Problem problem = narrow();
  Context context({.threads = 2});
  const ReturnSamples<double> samples = play(problem, 64, 40'000, 1), held_out = play(problem, 32, 8'000, 2),
                              fresh = play(problem, 32, 8'000, 3);
  Value value = make(1, 32);
  const TrueValueReport report =
      fit_true_value(value, samples, held_out, context,
                     {.passes = 12, .minibatch = 500, .optimizer = AdamOptions{.learning_rate = 1e-2}});
  const Vector<double> truth = exact(problem, fresh), found = predict(value, fresh);
  CHECK(value_error(found, truth).normalized_rmse < 0.15);
  CHECK(std::abs((found - truth).mean()) < 0.03 * std::abs(truth.mean()));
  // as good on returns as the closed form
  const ValueError best = value_error(exact(problem, held_out), held_out.targets());
  CHECK(report.held_out.explained_variance == Approx(best.explained_variance).margin(0.02));
  CHECK(report.held_out_errors.size() == report.passes + 1);
}

TEST_CASE("the fit of a true value stops before it learns the noise of few samples") {
  const Problem problem = wide();
  const ReturnSamples<double> samples = play(problem, 4, 200, 1), held_out = play(problem, 16, 2000, 2),
                              fresh = play(problem, 32, 5'000, 3);
  const TrueValueOptions options{
      .passes = 200, .patience = 10, .minibatch = 25, .optimizer = AdamOptions{.learning_rate = 2e-2}};
  Context context;
  Value value = make(3, 64), plain = value, same = value;
  const TrueValueReport report = fit_true_value(value, samples, held_out, context, options);
  CHECK(report.passes < 200);
  Index best = 0;
  report.held_out_errors.minCoeff(&best);
  CHECK(report.best_pass == best);
  CHECK(report.held_out.normalized_rmse == value_error(predict(value, held_out), held_out.targets()).normalized_rmse);

  // V is that of as many plain steps as the best pass came to, and all of them are worse
  const auto steps = [&](Value& stepped, Index passes) {
    Context again;
    ValueRegression<double> regression(
        {.steps = 8 * passes, .optimizer = options.optimizer, .minibatch = options.minibatch});
    return regression(stepped, samples.inputs(), samples.targets(), again);
  };
  const ValueReport by_hand = steps(same, report.best_pass);
  CHECK(same.parameters() == value.parameters());
  CHECK(report.error == Approx(by_hand.error_after).epsilon(1e-12));
  steps(plain, 200);
  const Vector<double> truth = exact(problem, fresh);
  const auto miss = [&](const Value& of) { return value_error(predict(of, fresh), truth).normalized_rmse; };
  CHECK(miss(value) < 0.8 * miss(plain));
}

TEST_CASE("a true value has the same bits for any number of threads") {
  const ReturnSamples<double> samples = play(narrow(), 4, 1000, 1), held_out = play(narrow(), 4, 500, 2);
  std::vector<Vector<double>> found;
  for (const Index threads : {1, 2, 3}) {
    Context context({.threads = threads});
    Value value = make(1, 8);
    fit_true_value(value, samples, held_out, context, {.passes = 3, .minibatch = 300});
    found.push_back(value.parameters());
  }
  CHECK(found[1] == found[0]);
  CHECK(found[2] == found[0]);
}

TEST_CASE("true values that cannot be fitted are refused") {
  Context context;
  const ReturnSamples<double> samples = play(narrow(), 2, 100, 1), empty(1, 10, {.gamma = 0.7});
  const ReturnSamples<double> other = play(wide(), 2, 10, 1);
  Problem shorter = narrow();
  shorter.world.gamma = 0.6;
  Value value = make(1, 8), wider = make(3, 8);
  const auto refused = [&](Value& of, const ReturnSamples<double>& from, const ReturnSamples<double>& held_out,
                           const TrueValueOptions& options = {}) {
    CHECK_THROWS_AS(fit_true_value(of, from, held_out, context, options), std::invalid_argument);
  };
  refused(value, empty, samples);
  refused(value, samples, empty);
  refused(value, samples, other);
  refused(wider, samples, samples);
  refused(value, samples, play(shorter, 2, 100, 1));
  refused(value, samples, samples, {.passes = -1});
  refused(value, samples, samples, {.patience = 0});
  refused(value, samples, samples, {.minibatch = 0});
}
