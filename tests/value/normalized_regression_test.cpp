// SPDX-License-Identifier: MIT
#include "vantage/value/normalized_regression.hpp"

#include <cmath>

#include "catch.hpp"
#include "optim/round_trip.hpp"
#include "vantage/value/adaptive_value_regression.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;
static_assert(ValueUpdate<NormalizedRegression<ValueRegression<float>>, NormalizedValue<ValueNetwork<float>>, float>);
static_assert(ValueUpdate<NormalizedRegression<ValueRegression<float>>, ValueNetwork<float>, float>);

namespace {

struct Data {
  Matrix<float> inputs;
  Vector<float> targets;
};

// targets scale (60 + 4 (x_0 + 0.3 noise))
Data data(Index count, float scale = 1, std::uint64_t seed = 2) {
  Rng rng(seed);
  Data result{Matrix<float>(2, count), Vector<float>(count)};
  for (float& x : result.inputs.reshaped()) x = static_cast<float>(rng.normal());
  for (Index n = 0; n < count; ++n) {
    result.targets[n] = scale * (60 + 4 * (result.inputs(0, n) + static_cast<float>(0.3 * rng.normal())));
  }
  return result;
}

ValueNetwork<float> network() {
  Rng rng(9);
  return {2, {.hidden = {8}}, rng};
}

ValueRegressionOptions options(ValueLoss kind = ValueLoss::squared) {
  return {.steps = 30,
          .optimizer = AdamOptions{.learning_rate = 0.01},
          .minibatch = 50,
          .max_gradient_norm = 0.5,
          .loss = {.kind = kind, .huber_delta = 0.7, .clip_range = 0.1}};
}

double error(const auto& value, const Data& d) {
  Context context;
  Vector<float> values(d.targets.size());
  value.predict(d.inputs, context, values);
  return std::sqrt((values - d.targets).squaredNorm() / static_cast<float>(d.targets.size()));
}

}  // namespace

TEST_CASE("the model is fitted to normalised targets, and the report tells errors in units of the return") {
  for (const ValueLoss kind : {ValueLoss::squared, ValueLoss::huber, ValueLoss::clipped}) {
    Context context, other;
    const Data d = data(200);
    NormalizedValue value(network());
    NormalizedRegression update{ValueRegression<float>(options(kind))};
    auto by_hand = network();
    ValueRegression<float> alone(options(kind));

    // by the moments of these targets alone; what was known of values before is known no more
    const Vector<float> nothing = Vector<float>::Zero(200);
    const ValueReport report = update(value, d.inputs, d.targets, context, &nothing);
    const Vector<double> exact = d.targets.cast<double>();
    const double deviation = std::sqrt((exact.array() - exact.mean()).square().mean());
    CHECK(value.mean() == static_cast<float>(exact.mean()));
    CHECK(value.deviation() == static_cast<float>(deviation));
    const Vector<float> normalized = (d.targets.array() - value.mean()) / value.deviation();
    const ValueReport expected = alone(by_hand, d.inputs, normalized, other);
    CHECK(value.parameters() == by_hand.parameters());
    CHECK(report.steps == 30);
    CHECK(report.error_before == Approx(expected.error_before * deviation));
    CHECK(report.error_after == Approx(error(value, d)).epsilon(1e-4));
    CHECK(report.explained_variance == expected.explained_variance);
    CHECK(report.gradient_norm == expected.gradient_norm);
    CHECK(std::isnan(report.held_out_error));

    // a second time from where it is, with what the moments moved taken back
    const Data more = data(200, 1.5F, 3);
    const double before = error(value, more);
    Vector<float> known(200);
    value.predict(more.inputs, context, known);
    CHECK(update(value, more.inputs, more.targets, context, &known).error_before == Approx(before).epsilon(1e-4));
    CHECK(error(value, more) < before);
  }
}

TEST_CASE("what is learned does not depend on the unit of rewards, to the bit for powers of two") {
  const auto learn = [](float scale, Index threads) {
    Context context({.threads = threads});
    NormalizedValue value(network());
    NormalizedRegression update{ValueRegression<float>(options(ValueLoss::huber))};
    Vector<float> known(200);
    for (std::uint64_t round = 0; round < 5; ++round) {
      const Data d = data(200, scale * static_cast<float>(1 + round), 20 + round);
      value.predict(d.inputs, context, known);
      update(value, d.inputs, d.targets, context, &known);
    }
    value.predict(data(200).inputs, context, known);
    return std::pair(Vector<float>(value.parameters()), Vector<float>(known / scale));
  };
  const auto [parameters, values] = learn(1, 1);
  for (const float scale : {1024.0F, 1 / 64.0F}) {
    CHECK(learn(scale, 2).first == parameters);
    CHECK(learn(scale, 1).second == values);
  }
  for (const float scale : {1000.0F, 0.001F}) {
    CHECK((learn(scale, 1).second - values).cwiseAbs().maxCoeff() < 1e-3F * values.cwiseAbs().maxCoeff());
  }
}

TEST_CASE("held-out errors are in units of the return too") {
  Context context;
  const Data d = data(400);
  NormalizedValue value(network());
  NormalizedRegression update{AdaptiveValueRegression<float>(options())};
  const ValueReport report = update(value, d.inputs, d.targets, context);
  CHECK(update.update().held_out().samples == 40);
  CHECK(report.held_out_error ==
        Approx(update.update().held_out().errors.head(update.update().held_out().looks).minCoeff() *
               static_cast<double>(value.deviation())));
}

TEST_CASE("another value function learns as without") {
  Context context, other;
  const Data d = data(200);
  auto value = network(), by_hand = network();
  NormalizedRegression update{ValueRegression<float>(options())};
  ValueRegression<float> alone(options());
  CHECK(update(value, d.inputs, d.targets, context).error_after ==
        alone(by_hand, d.inputs, d.targets, other).error_after);
  CHECK(value.parameters() == by_hand.parameters());
  CHECK(update.uses_minibatches(51));
  CHECK_FALSE(update.uses_minibatches(50));
}

TEST_CASE("a regression that was saved goes on as it was, and wrong sizes change nothing") {
  Context context;
  const Data d = data(200);
  NormalizedValue value(network());
  NormalizedRegression update{ValueRegression<float>(options())};
  CHECK_THROWS_AS(update(value, d.inputs, Vector<float>(d.targets.head(3)), context), std::invalid_argument);
  CHECK(value.moments().count() == 0);
  update(value, d.inputs, d.targets, context);
  auto value_after = value;
  NormalizedRegression restored{ValueRegression<float>(options())};
  copy_state(update, restored);
  Context a, b;
  update(value, d.inputs, d.targets, a);
  restored(value_after, d.inputs, d.targets, b);
  CHECK(value.parameters() == value_after.parameters());
}
