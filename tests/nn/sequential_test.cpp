// SPDX-License-Identifier: MIT
#include "vantage/nn/sequential.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "catch.hpp"
#include "nn/sines.hpp"
#include "vantage/core/concepts.hpp"

using namespace vantage;

namespace {

constexpr double kStep = 1e-6;

static_assert(DifferentiableMap<Sines, float> && DifferentiableMap<Mlp, double>);
static_assert(DifferentiableMap<Encoder, float> && DifferentiableMap<Sequential<Sines, Mlp>, double>);

template <class S>
Matrix<S> drawn(Index rows, Index columns, Rng& rng) {
  Matrix<S> matrix(rows, columns);
  for (S& number : matrix.reshaped()) number = static_cast<S>(rng.normal());
  return matrix;
}

template <class First>
Matrix<double> one_by_one(const Sequential<First, Mlp>& both, const Vector<double>& theta, const Matrix<double>& x) {
  typename First::template Tape<double> first;
  MlpTape<double> second;
  const Index split = both.first().parameter_count();
  const Matrix<double> between = both.first().template forward<double>(theta.head(split), x, first);
  return both.second().template forward<double>(theta.tail(theta.size() - split), between, second);
}

template <class First>
void check_derivatives(const Sequential<First, Mlp>& both) {
  Rng rng(6);
  const Vector<double> theta = drawn<double>(both.parameter_count(), 1, rng);
  const Matrix<double> x = drawn<double>(both.input_size(), 7, rng), weight = drawn<double>(both.output_size(), 7, rng);
  typename Sequential<First, Mlp>::template Tape<double> tape;
  CHECK(both.forward(theta, x, tape) == one_by_one(both, theta, x));
  Vector<double> gradient = Vector<double>::Ones(theta.size());
  both.backward(theta, x, tape, weight, gradient);
  for (Index i = 0; i < theta.size(); ++i) {
    const Vector<double> step = kStep * Vector<double>::Unit(theta.size(), i);
    const Matrix<double> change = one_by_one(both, theta + step, x) - one_by_one(both, theta - step, x);
    CHECK(gradient[i] - 1 == Approx(change.cwiseProduct(weight).sum() / (2 * kStep)).epsilon(1e-6).margin(1e-7));
  }
  const Vector<double> v = drawn<double>(theta.size(), 1, rng);
  const Matrix<double> tangent = both.tangent(theta, x, tape, v);
  const Matrix<double> change = one_by_one(both, theta + kStep * v, x) - one_by_one(both, theta - kStep * v, x);
  CHECK((tangent - change / (2 * kStep)).cwiseAbs().maxCoeff() < 1e-6);
  // which leaves backward intact, also behind a pass that was put aside
  typename Sequential<First, Mlp>::template Tape<double> kept;
  tape.swap_activations(kept);
  both.forward(theta, Matrix<double>(2 * x), tape);
  tape.swap_activations(kept);
  Vector<double> again = Vector<double>::Zero(theta.size());
  both.backward(theta, x, tape, weight, again);
  CHECK((again + Vector<double>::Ones(theta.size()) - gradient).cwiseAbs().maxCoeff() < 1e-12);
}

}  // namespace

TEST_CASE("derivatives of one map on another are those of finite differences") {
  SECTION("an encoder") {
    check_derivatives(Sequential(Encoder(5, {{3, {4}}, {2, {}}}, {.activation = Activation::silu}), Mlp({6, 7, 2})));
  }
  SECTION("parts that pass as they are") { check_derivatives(Sequential(Encoder(3, {{2, {}}, {1, {}}}), Mlp({3, 2}))); }
  SECTION("layer norm in both") {
    check_derivatives(Sequential(Encoder(4, {{4, {5}}}, {.layer_norm = true}), Mlp({5, 6, 2}, {.layer_norm = true})));
  }
  SECTION("a front of one's own") { check_derivatives(Sequential(Sines{}, Mlp({6, 5, 2}))); }
  SECTION("an encoder without parts") { check_derivatives(Sequential(Encoder(3), Mlp({3, 4, 2}))); }
}

TEST_CASE("behind the identity second's bits are its own") {
  const Mlp mlp({3, 8, 2});
  const Sequential<Encoder, Mlp> alone = mlp;
  CHECK(alone.is_second_alone());
  Rng rng(1), same(1);
  Vector<float> theta(mlp.parameter_count()), expected = theta;
  alone.initialize<float>(theta, {}, rng);
  mlp.initialize(expected, {}, same);
  CHECK(theta == expected);
  const Matrix<float> x = drawn<float>(3, 5, rng), weight = drawn<float>(2, 5, rng);
  Sequential<Encoder, Mlp>::Tape<float> tape;
  MlpTape<float> plain;
  CHECK(alone.forward(theta, x, tape) == mlp.forward(theta, x, plain));
  Vector<float> gradient = Vector<float>::Zero(theta.size()), own = gradient;
  alone.backward(theta, x, tape, weight, gradient);
  mlp.backward(theta, x, plain, weight, own);
  CHECK(gradient == own);
  CHECK(alone.tangent(theta, x, tape, gradient) == mlp.tangent(theta, x, plain, gradient));
  CHECK(tape.second().output() == plain.output());
}

TEST_CASE("first's parameters are drawn first") {
  const Sequential both(Encoder(2, {{2, {3}}}), Mlp({3, 1}));
  Rng rng(4), same(4);
  Vector<double> theta(both.parameter_count()), first(9), second(4);
  both.initialize<double>(theta, {}, rng);
  both.first().initialize<double>(first, {}, same);
  both.second().initialize(second, {}, same);
  CHECK(theta.head(9) == first);
  CHECK(theta.tail(4) == second);
}

TEST_CASE("maps that do not meet are refused") {
  CHECK_THROWS_WITH(Sequential(Encoder(3), Mlp({4, 1})),
                    "Sequential: expected a first map of 4 outputs, as second has inputs, got 3");
}

TEST_CASE("a network of options stands on its front") {
  struct Options {
    std::vector<Index> hidden{5};
    Activation activation = Activation::relu;
    bool layer_norm = true;
    std::vector<EncoderPart> encoder{};
  } options;
  const auto sines = network_on(Sines{}, options, 2);
  CHECK(sines.second().widths() == std::vector<Index>{6, 5, 2});
  CHECK(sines.second().options() == MlpOptions{.activation = Activation::relu, .layer_norm = true});
  CHECK(network_on(encoder_of(options, 4), options, 2).is_second_alone());
  options.encoder = {{4, {3}}};
  CHECK(network_on(encoder_of(options, 4), options, 2).second().widths() == std::vector<Index>{3, 5, 2});
  CHECK_THROWS_AS(network_on(Sines{}, options, 2), std::invalid_argument);
  CHECK_THROWS_AS(network_on(Encoder(4), options, 2), std::invalid_argument);
  // layers of another kind than the options' would be lost in a file
  CHECK_THROWS_AS(network_on(Encoder(4, options.encoder, {.layer_norm = true}), options, 2), std::invalid_argument);
}
