// SPDX-License-Identifier: MIT
#include "vantage/value/value_network.hpp"

#include "catch.hpp"
#include "nn/sines.hpp"
#include "value/check_gradient.hpp"
#include "vantage/core/concepts.hpp"

using namespace vantage;
static_assert(Parameterised<ValueNetwork<float>>);

namespace {

Matrix<double> inputs(Index count) {
  Rng rng(2);
  Matrix<double> result(3, count);
  for (double& x : result.reshaped()) x = rng.normal();
  return result;
}

ValueNetwork<double> make() {
  Rng rng(9);
  ValueNetwork<double> value(3, {.hidden = {6, 5}}, rng);
  for (double& parameter : value.parameters()) parameter += 0.1 * rng.normal();
  return value;
}

template <class V>
V shaken(V value) {
  Rng rng(5);
  for (double& parameter : value.parameters()) parameter += 0.1 * rng.normal();
  return value;
}

}  // namespace

TEST_CASE("the gradient agrees with finite differences of values") {
  Rng rng(9);
  testing::check_gradient(make(), inputs(300));
  const ValueNetworkOptions encoded{
      .hidden = {6}, .activation = Activation::silu, .layer_norm = true, .encoder = {{2, {5, 4}}, {1, {}}}};
  testing::check_gradient(shaken(ValueNetwork<double>(3, encoded, rng)), inputs(300));
  testing::check_gradient(shaken(ValueNetwork<double, Sines>(Sines{}, {.hidden = {5}}, rng)), inputs(300));
  CHECK_THROWS_AS((ValueNetwork<double, Sines>(Sines{}, encoded, rng)), std::invalid_argument);
}

TEST_CASE("values are those of the network, one sample at a time") {
  Context context;
  const auto value = make();
  const Matrix<double> x = inputs(129);
  Vector<double> values(129), single(1);
  value.predict(x, context, values);
  for (Index n = 0; n < 129; ++n) {
    ValueNetwork<double>::Network::Tape<double> tape;
    const Matrix<double> one = x.col(n);
    CHECK(values[n] == Approx(value.network().forward<double>(value.parameters(), one, tape)(0, 0)).epsilon(1e-12));
  }
  // no inputs, no values
  Vector<double> none(0);
  value.predict(x.leftCols(0), context, none);
}

TEST_CASE("rescaled values are factor V + shift") {
  Context context;
  for (const std::vector<Index>& hidden : {std::vector<Index>{}, {6, 5}}) {
    Rng rng(9);
    ValueNetwork<double> value(3, {.hidden = hidden}, rng);
    Vector<double> before(40), after(40);
    value.predict(inputs(40), context, before);
    value.rescale(-2.5, 7);
    value.predict(inputs(40), context, after);
    CHECK((after - (7 - 2.5 * before.array()).matrix()).cwiseAbs().maxCoeff() < 1e-13);
  }
}

TEST_CASE("value gradients do not depend on the number of threads") {
  const Matrix<double> x = inputs(1000);
  Vector<double> first;
  for (const Index threads : {1, 2, 3, 5}) {
    Context context({.threads = threads});
    Vector<double> gradient;
    make().gradient(
        x, [](Index, const VectorRef<double>& values, VectorRef<double> weights) { weights = values; }, context,
        gradient);
    if (threads == 1) first = gradient;
    CHECK(gradient == first);
  }
}

TEST_CASE("a value network without inputs is refused") {
  Rng rng;
  CHECK_THROWS_AS(ValueNetwork<float>(0, {}, rng), std::invalid_argument);
}

TEST_CASE("a value function for a task sees the task's observations") {
  const EnvironmentSpec spec{"task", 3, Vector<double>::Constant(2, -1), Vector<double>::Ones(2), 10, {}};
  Rng rng(4), other(4);
  const ValueNetwork<float> value(spec, {.hidden = {5}}, rng);
  CHECK(value.input_size() == 3);
  CHECK(value.parameters() == ValueNetwork<float>(3, {.hidden = {5}}, other).parameters());
}
