// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/gradient_stream.hpp"

#include "../tabular/linear_worlds.hpp"
#include "catch.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/tabular/linear_quadratic_environment.hpp"
#include "vantage/tabular/linear_quadratic_gradient.hpp"
#include "vantage/value/no_value.hpp"

using namespace vantage;

namespace {

constexpr Index kSteps = 12;
constexpr double kGamma = 0.8;

LinearQuadratic world() {
  LinearQuadratic result = scalar_world();
  result.gamma = kGamma;
  return result;
}

Collector<LinearQuadraticEnvironment> make_source() {
  return {VectorEnvironment(LinearQuadraticEnvironment(world(), kSteps), {.count = 2, .action_map = ActionMap::none}),
          {.steps = 5, .normalize_observations = false}};
}

// episodes end at their limit with nothing behind it
const AdvantageView<double> kReturns = [](const Batch<double>& batch, Context& context,
                                          AdvantageEstimate<double>& estimate) {
  Gae{.gamma = kGamma, .lambda = 1}(batch, NoValue<double>{}, context, estimate);
};

}  // namespace

TEST_CASE("gradients of independent streams scatter around the exact one, which has no gamma^t") {
  const LinearGaussian policy = scalar_policy();
  const GaussianPolicy<double> network = gaussian_policy<double>(policy);
  const auto value = evaluate_horizon(world(), policy, kSteps).values[0];
  const auto source = make_source();
  Context context({.threads = 1});
  // in one batch 100 episodes of each of two worlds; with a value the scatter is less
  constexpr Index kSamples = 2 * kSteps * 100;
  constexpr Index kRepeats = 60;
  const AdvantageView<double> with_value = [&](const Batch<double>& batch, Context& own,
                                               AdvantageEstimate<double>& estimate) {
    kReturns(batch, own, estimate);
    value.predict(batch.observations, own, estimate.values);
    estimate.advantages -= estimate.values;
  };
  Matrix<double> plain(3, kRepeats);
  Matrix<double> judged(3, kRepeats);
  for (Index repeat = 0; repeat < kRepeats; ++repeat) {
    auto stream = source.frozen(2, kSamples / 2, static_cast<std::uint64_t>(repeat));
    const auto estimates = gradient_stream(stream, network, {kReturns, with_value}, {kSamples}, context);
    plain.col(repeat) = estimates[0][0].raw() * kSteps;
    judged.col(repeat) = estimates[1][0].raw() * kSteps;
  }
  // three numbers, each within 4.5 standard errors: wrongly refused once in 50,000
  const LinearGaussian exact = evaluate_horizon(world(), policy, kSteps, false).gradient;
  const auto z = [&](const Matrix<double>& gradients, Index row, double expected) {
    const Vector<double> sample = gradients.row(row);
    const double error = std::sqrt((sample.array() - sample.mean()).square().sum() / kRepeats / (kRepeats - 1));
    return std::abs(sample.mean() - expected) / error;
  };
  for (const auto* gradients : {&plain, &judged}) {
    CHECK(z(*gradients, 0, exact.gain(0, 0)) < 4.5);
    CHECK(z(*gradients, 1, 0) < 4.5);
    CHECK(z(*gradients, 2, exact.log_std[0]) < 4.5);
  }
  // that of the discounted objective would have been seen
  CHECK(z(judged, 0, evaluate_horizon(world(), policy, kSteps).gradient.gain(0, 0)) > 6);
}

TEST_CASE("a stream is cut into batches that end at each size, and goes on") {
  const GaussianPolicy<double> network = gaussian_policy<double>(scalar_policy());
  const auto source = make_source();
  Context context({.threads = 2});
  auto stream = source.frozen(2, 5, 1);
  const auto estimates = gradient_stream(stream, network, {kReturns}, {6, 20}, context);

  auto same = source.frozen(2, 5, 1);
  GradientEstimate by_hand;
  Batch<double> batch;
  AdvantageEstimate<double> estimate;
  for (const Index steps : {3, 5, 2}) {
    same.collect(network, context, batch, steps);
    kReturns(batch, context, estimate);
    by_hand.add(network, batch, estimate.advantages, context);
    if (steps == 3) CHECK(estimates[0][0].raw() == by_hand.raw());
  }
  CHECK(estimates[0][1].normalized() == by_hand.normalized());
  CHECK(estimates[0][1].samples() == 20);

  // asked to stop it gives what it has
  int batches = 0;
  const auto part = gradient_stream(stream, network, {kReturns}, {6, 20}, context, [&] { return ++batches > 2; });
  CHECK(part[0].size() == 1);
  CHECK_THROWS_AS(gradient_stream(stream, network, {}, {6}, context), std::invalid_argument);
  CHECK_THROWS_AS(gradient_stream(stream, network, {kReturns}, {7}, context), std::invalid_argument);
  CHECK_THROWS_AS(gradient_stream(stream, network, {kReturns}, {6, 6}, context), std::invalid_argument);
}
