// SPDX-License-Identifier: MIT
#include "vantage/value/value_loss.hpp"

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

namespace {

// the losses of one sample as the papers write them
double loss(const ValueLossOptions& options, double value, double old_value, double target) {
  const double miss = value - target;
  const double delta = options.huber_delta;
  switch (options.kind) {
    case ValueLoss::squared:
      return miss * miss;
    case ValueLoss::huber:
      return std::abs(miss) <= delta ? miss * miss : delta * (2 * std::abs(miss) - delta);
    case ValueLoss::clipped:
      break;
  }
  const double near = std::clamp(value, old_value - options.clip_range, old_value + options.clip_range);
  return std::max(miss * miss, (near - target) * (near - target));
}

template <class S>
Vector<S> slopes(const ValueLossOptions& options, const Vector<S>& values, const Vector<S>& old_values,
                 const Vector<S>& targets, double scale) {
  Vector<S> result(values.size());
  value_loss_slopes<S>(options, values, old_values, targets, static_cast<S>(scale), result);
  return result;
}

}  // namespace

TEST_CASE("slopes are the derivatives of the losses away from kinks") {
  Rng rng(1);
  for (const ValueLoss kind : {ValueLoss::squared, ValueLoss::huber, ValueLoss::clipped}) {
    const ValueLossOptions options{.kind = kind, .huber_delta = 0.6, .clip_range = 0.3};
    Index zeros = 0, others = 0;
    const Index count = 4000;
    Vector<double> values(count), old_values(count), targets(count);
    for (Index n = 0; n < count; ++n) {
      values[n] = rng.normal();
      old_values[n] = rng.normal();
      targets[n] = rng.normal();
    }
    const Vector<double> found = slopes<double>(options, values, old_values, targets, 0.25);
    for (Index n = 0; n < count; ++n) {
      const double h = 1e-5;
      const auto at = [&](double value) { return loss(options, value, old_values[n], targets[n]); };
      const double left = (at(values[n]) - at(values[n] - h)) / h;
      const double right = (at(values[n] + h) - at(values[n])) / h;
      if (std::abs(right - left) > 3e-5) continue;  // a kink lies between
      CHECK(found[n] == Approx(0.25 * (left + right) / 2).margin(1e-6));
      // flat is exactly flat
      if (left == 0 && right == 0) CHECK(found[n] == 0);
      ++(found[n] == 0 ? zeros : others);
    }
    CHECK(others > 2000);
    CHECK((zeros > 300) == (kind == ValueLoss::clipped));
  }
}

TEST_CASE("Huber's slope is bounded, and that of the square inside") {
  const ValueLossOptions options{.kind = ValueLoss::huber, .huber_delta = 0.5};
  Vector<double> values(5);
  values << -100, -0.5, 0.25, 0.5, 7;
  const Vector<double> zero = Vector<double>::Zero(5);
  Vector<double> expected(5);
  expected << -1, -1, 0.5, 1, 1;
  CHECK(slopes<double>(options, values, zero, zero, 1) == expected);
}

TEST_CASE("a clipped sample pulls unless its value has left the range towards the target") {
  const ValueLossOptions options{.kind = ValueLoss::clipped, .clip_range = 0.2};
  // V_old = 0, target 1: inside; beyond, nearer to the target; beyond the target but nearer than the range's end;
  // so far beyond that the clipped value is nearer; moved the wrong way
  Vector<float> values(5);
  values << 0.1F, 0.5F, 1.5F, 2.0F, -0.5F;
  const Vector<float> old_values = Vector<float>::Zero(5);
  const Vector<float> targets = Vector<float>::Ones(5);
  const Vector<float> found = slopes<float>(options, values, old_values, targets, 0.5);
  CHECK(found[0] == Approx(-0.9F));
  CHECK(found[1] == 0);
  CHECK(found[2] == 0);
  CHECK(found[3] == Approx(1));
  CHECK(found[4] == Approx(-1.5F));
  // before the first step it is the squared loss
  CHECK(slopes<float>(options, old_values, old_values, targets, 0.5) ==
        slopes<float>({}, old_values, old_values, targets, 0.5));
}

TEST_CASE("impossible losses are refused") {
  CHECK_NOTHROW(validate(ValueLossOptions{}));
  CHECK_THROWS_AS(validate(ValueLossOptions{.huber_delta = 0}), std::invalid_argument);
  CHECK_THROWS_AS(validate(ValueLossOptions{.clip_range = 0}), std::invalid_argument);
  CHECK_THROWS_AS(validate(ValueLossOptions{.clip_range = std::nan("")}), std::invalid_argument);
}
