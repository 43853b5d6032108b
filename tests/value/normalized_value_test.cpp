// SPDX-License-Identifier: MIT
#include "vantage/value/normalized_value.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "optim/round_trip.hpp"
#include "value/check_gradient.hpp"
#include "vantage/value/value_network.hpp"

using namespace vantage;
static_assert(DifferentiableValue<NormalizedValue<ValueNetwork<float>>>);

namespace {

Matrix<double> inputs(Index count) {
  Rng rng(2);
  Matrix<double> result(3, count);
  for (double& x : result.reshaped()) x = rng.normal();
  return result;
}

template <class S>
ValueNetwork<S> network(std::vector<Index> hidden = {6, 5}) {
  Rng rng(9);
  ValueNetwork<S> value(3, {.hidden = std::move(hidden)}, rng);
  for (S& parameter : value.parameters()) parameter += static_cast<S>(0.1 * rng.normal());
  return value;
}

template <class S>
Vector<S> values_of(const auto& value, Index count = 200) {
  Context context;
  Vector<S> result(count);
  value.predict(inputs(count).cast<S>(), context, result);
  return result;
}

template <class S>
Vector<S> targets(Index count, double mean, double deviation, std::uint64_t seed) {
  Rng rng(seed);
  Vector<S> result(count);
  for (S& target : result) target = static_cast<S>(mean + deviation * rng.normal());
  return result;
}

// a model that shows all its values in one block
struct AtOnce : ValueNetwork<double> {
  explicit AtOnce(const ValueNetwork<double>& model) : ValueNetwork<double>(model) {}

  template <class Weight>
  void gradient(ConstMatrixRef<double> x, Weight&& weight, Context& context, Vector<double>& out) const {
    Vector<double> values(x.cols()),
        weights = Vector<double>::Constant(x.cols(), std::numeric_limits<double>::quiet_NaN());
    predict(x, context, values);
    weight(0, values, weights);
    const auto part = [&](Index first, const VectorRef<double>&, VectorRef<double> some) {
      some = weights.segment(first, some.size());
    };
    ValueNetwork<double>::gradient(x, part, context, out);
  }
};

}  // namespace

TEST_CASE("moments are those of all targets, each weighed by its age, in two passes") {
  for (const double decay : {0.0, 0.3, 0.95, 1.0}) {
    CAPTURE(decay);
    NormalizedValue value(network<double>(), {.decay = decay});
    std::vector<Vector<double>> seen;
    for (Index update = 0; update < 7; ++update) {
      // of different numbers, far from 0, moving
      seen.push_back(targets<double>(10 + 5 * update, 1e3 + 7.0 * static_cast<double>(update), 3,
                                     40 + static_cast<std::uint64_t>(update)));
      value.adapt(seen.back());
      double weight = 0, mean = 0, variance = 0;
      const auto each = [&](const auto& add) {
        for (std::size_t i = 0; i < seen.size(); ++i) {
          const double own = std::pow(decay, static_cast<double>(seen.size() - 1 - i));
          for (const double target : seen[i]) add(own, target);
        }
      };
      each([&](double own, double target) { weight += own, mean += own * target; });
      mean /= weight;
      each([&](double own, double target) { variance += own * std::pow(target - mean, 2) / weight; });
      CHECK(value.mean() == Approx(mean).epsilon(1e-12));
      CHECK(value.deviation() == Approx(std::sqrt(variance)).epsilon(1e-9));
      CHECK(value.moments().count() == Approx(weight));
    }
  }
}

TEST_CASE("values are mean and deviation of targets around what the network gives, and 0 before there are any") {
  NormalizedValue value(network<double>());
  const Vector<double> outputs = values_of<double>(network<double>());
  CHECK(values_of<double>(value) == Vector<double>::Zero(200));
  // the first targets say where values are: nothing was learned that could be lost
  CHECK_FALSE(value.adapt(Vector<double>{{-3, 1}}));
  CHECK(value.parameters() == network<double>().parameters());
  CHECK(value.mean() == -1);
  CHECK(value.deviation() == 2);
  CHECK((values_of<double>(value) - (2 * outputs.array() - 1).matrix()).cwiseAbs().maxCoeff() < 1e-14);
  Vector<double> normalized;
  value.normalize(Vector<double>{{-3, 1, 4}}, normalized);
  CHECK(normalized == Vector<double>{{-1, 1, 2.5}});
  CHECK(value.input_size() == 3);
}

TEMPLATE_TEST_CASE("values stay what they were when the moments move", "", float, double) {
  using S = TestType;
  for (const std::vector<Index>& hidden : {std::vector<Index>{}, {4}, {6, 5}}) {
    NormalizedValue value(network<S>(hidden), {.decay = 0.5});
    value.adapt(targets<S>(50, 3, 2, 1));
    const double scales[][2] = {{-20, 5}, {40, 0.3}, {0, 900}, {0.01, 0.002}, {1e4, 1e4}};
    for (const auto& [mean, deviation] : scales) {
      const Vector<S> before = values_of<S>(value);
      const S old = value.deviation(), old_mean = value.mean();
      CHECK(value.adapt(targets<S>(500, mean, deviation, 2)));
      CHECK(value.deviation() != old);
      // beside the largest number on the way
      const S unit = std::max({value.deviation(), std::abs(value.mean()), old, std::abs(old_mean)});
      const S rounding = 8 * std::numeric_limits<S>::epsilon();
      CHECK((values_of<S>(value) - before).cwiseAbs().maxCoeff() <= rounding * unit);
    }
  }
}

TEST_CASE("targets that do not vary give the least deviation, and values at their mean") {
  NormalizedValue value(network<double>(), {.min_deviation = 1e-2});
  value.adapt(Vector<double>::Constant(30, 7));
  CHECK(value.deviation() == 1e-2);
  CHECK((values_of<double>(value).array() - 7).abs().maxCoeff() < 0.05);
  // and what was learned by then stays
  const Vector<double> before = values_of<double>(value);
  value.adapt(targets<double>(100, 0, 5, 3));
  CHECK(value.deviation() > 1);
  CHECK((values_of<double>(value) - before).cwiseAbs().maxCoeff() < 1e-12);
}

TEMPLATE_TEST_CASE("the gradient is that of values, not of what the model gives", "", ValueNetwork<double>, AtOnce) {
  NormalizedValue<TestType> value(TestType(network<double>()));
  value.adapt(targets<double>(50, 40, 12, 5));
  testing::check_gradient(value, inputs(300));
}

TEST_CASE("one function in the scale of another is the same function") {
  NormalizedValue one(network<double>()), other(network<double>());
  one.adapt(targets<double>(50, 40, 12, 5));
  other.adapt(targets<double>(50, -2, 0.5, 6));
  const Vector<double> before = values_of<double>(one);
  one.take_scale(other);
  CHECK(one.mean() == other.mean());
  CHECK(one.deviation() == other.deviation());
  CHECK((values_of<double>(one) - before).cwiseAbs().maxCoeff() < 1e-12 * 50);
}

TEST_CASE("a normalised value that was saved goes on as it was") {
  NormalizedValue value(network<float>());
  value.adapt(targets<float>(50, 40, 12, 5));
  NormalizedValue restored(network<float>());
  copy_state(value, restored);
  CHECK(restored.deviation() == value.deviation());
  for (NormalizedValue<ValueNetwork<float>>* one : {&value, &restored}) one->adapt(targets<float>(20, 0, 3, 7));
  CHECK(restored.parameters() == value.parameters());
  CHECK(restored.mean() == value.mean());
  CHECK(restored.moments().count() == value.moments().count());
  CHECK(values_of<float>(restored) == values_of<float>(value));
  // one that has seen nothing is one that has seen nothing
  copy_state(NormalizedValue(network<float>()), restored);
  CHECK(values_of<float>(restored) == Vector<float>::Zero(200));
}

TEST_CASE("impossible normalisations of values are refused") {
  for (const NormalizedValueOptions& options :
       {NormalizedValueOptions{.decay = -0.1}, NormalizedValueOptions{.decay = 1.1},
        NormalizedValueOptions{.decay = std::nan("")}, NormalizedValueOptions{.min_deviation = 0},
        NormalizedValueOptions{.min_deviation = std::nan("")}, NormalizedValueOptions{.min_deviation = INFINITY}}) {
    CHECK_THROWS_AS(NormalizedValue(network<double>(), options), std::invalid_argument);
  }
}
