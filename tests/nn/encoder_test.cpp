// SPDX-License-Identifier: MIT
#include "vantage/nn/encoder.hpp"

#include <cmath>
#include <stdexcept>

#include "catch.hpp"

using namespace vantage;

namespace {

constexpr Index kInputs = 9;
constexpr double kStep = 1e-6;

template <class S>
Matrix<S> drawn(Index rows, Index columns, Rng& rng) {
  Matrix<S> matrix(rows, columns);
  for (S& number : matrix.reshaped()) number = static_cast<S>(rng.normal());
  return matrix;
}

// three through one layer, two as they are, four through two layers
Encoder three_parts(bool layer_norm) {
  return Encoder(kInputs, {{3, {5}}, {2, {}}, {4, {6, 3}}}, {.activation = Activation::silu, .layer_norm = layer_norm});
}

// each part by itself
Matrix<double> by_parts(const Encoder& encoder, const Vector<double>& theta, const Matrix<double>& x) {
  const MlpOptions hidden{
      .activation = Activation::silu, .layer_norm = encoder.options().layer_norm, .hidden_output = true};
  const Mlp first({3, 5}, hidden), last({4, 6, 3}, hidden);
  MlpTape<double> tape;
  Matrix<double> y(5 + 2 + 3, x.cols());
  y.topRows(5) = first.forward<double>(theta.head(first.parameter_count()), x.topRows(3), tape);
  y.middleRows(5, 2) = x.middleRows(3, 2);
  y.bottomRows(3) = last.forward<double>(theta.tail(last.parameter_count()), x.bottomRows(4), tape);
  return y;
}

struct Setup {
  explicit Setup(bool layer_norm, Index samples = 7) : encoder(three_parts(layer_norm)), rng(5) {
    theta = drawn<double>(encoder.parameter_count(), 1, rng);
    storage = drawn<double>(kInputs + 2, samples, rng);
  }
  auto x() const { return storage.middleRows(1, kInputs); }

  Encoder encoder;
  Rng rng;
  Vector<double> theta;
  Matrix<double> storage;
  Encoder::Tape<double> tape;
};

}  // namespace

TEST_CASE("each part passes its own layers") {
  for (const bool layer_norm : {false, true}) {
    for (const Index samples : {0, 1, 7}) {
      Setup s(layer_norm, samples);
      CHECK(s.encoder.input_size() == kInputs);
      CHECK(s.encoder.output_size() == 10);
      const Matrix<double> y = s.encoder.forward(s.theta, s.x(), s.tape);
      CHECK(y == by_parts(s.encoder, s.theta, s.x()));
      CHECK(s.tape.output() == y);
    }
  }
  CHECK(three_parts(false).parameter_count() == 5 * 4 + 6 * 5 + 3 * 7);
  CHECK(three_parts(true).parameter_count() == 5 * 5 + 6 * 6 + 3 * 8);
}

TEST_CASE("a layer by hand") {
  const Encoder encoder(3, {{1, {}}, {2, {2}}}, {.activation = Activation::relu});
  // W = (1 -2; 0 3), b = (1, -20)
  const Vector<double> theta{{1, 0, -2, 3, 1, -20}};
  Encoder::Tape<double> tape;
  CHECK(encoder.forward(theta, Matrix<double>(Eigen::Vector3d(7, 5, 2)), tape) == Eigen::Vector3d(7, 2, 0));
}

TEST_CASE("the encoder's backward adds the gradient of finite differences") {
  for (const bool layer_norm : {false, true}) {
    Setup s(layer_norm);
    const Matrix<double> weight = drawn<double>(10, 7, s.rng);
    Vector<double> gradient = Vector<double>::Ones(s.theta.size());
    s.encoder.forward(s.theta, s.x(), s.tape);
    s.encoder.backward(s.theta, s.x(), s.tape, weight, gradient);
    for (Index i = 0; i < s.theta.size(); ++i) {
      const Vector<double> step = kStep * Vector<double>::Unit(s.theta.size(), i);
      const Matrix<double> change =
          by_parts(s.encoder, s.theta + step, s.x()) - by_parts(s.encoder, s.theta - step, s.x());
      CHECK(gradient[i] - 1 == Approx(change.cwiseProduct(weight).sum() / (2 * kStep)).epsilon(1e-6).margin(1e-7));
    }
  }
}

TEST_CASE("the encoder's tangent is the derivative along a direction and leaves backward intact") {
  for (const bool layer_norm : {false, true}) {
    Setup s(layer_norm);
    const Vector<double> v = drawn<double>(s.theta.size(), 1, s.rng);
    const Matrix<double> weight = drawn<double>(10, 7, s.rng);
    s.encoder.forward(s.theta, s.x(), s.tape);
    const Matrix<double> tangent = s.encoder.tangent(s.theta, s.x(), s.tape, v);
    const Matrix<double> change =
        by_parts(s.encoder, s.theta + kStep * v, s.x()) - by_parts(s.encoder, s.theta - kStep * v, s.x());
    CHECK((tangent - change / (2 * kStep)).cwiseAbs().maxCoeff() < 1e-6);
    Vector<double> gradient = Vector<double>::Zero(s.theta.size());
    s.encoder.backward(s.theta, s.x(), s.tape, weight, gradient);
    CHECK(tangent.cwiseProduct(weight).sum() == Approx(gradient.dot(v)).epsilon(1e-11));
  }
}

TEST_CASE("an encoder without parts is the identity") {
  const Encoder none(3);
  CHECK(none.is_identity());
  CHECK(none.parameter_count() == 0);
  CHECK(none.output_size() == 3);
  Encoder::Tape<float> tape;
  const Matrix<float> x = Matrix<float>::Random(3, 4);
  CHECK(none.forward(Vector<float>(), x, tape) == x);
  CHECK(none.tangent(Vector<float>(), x, tape, Vector<float>()).isZero(0));
  CHECK_FALSE(Encoder(3, {{3, {}}}).is_identity());
}

TEST_CASE("every part of an encoder is drawn as hidden layers are") {
  const Encoder encoder = three_parts(true);
  Rng rng(2), same(2);
  Vector<double> theta(encoder.parameter_count());
  const MlpInitialization gains{.hidden_gain = 0.3, .output_gain = 77};
  encoder.initialize<double>(theta, gains, rng);
  Vector<double> first(25), last(60);
  encoder.network(0).initialize(first, gains, same);
  encoder.network(2).initialize(last, gains, same);
  CHECK(theta.head(25) == first);
  CHECK(theta.tail(60) == last);
  CHECK(theta.cwiseAbs().maxCoeff() <= 1);
  Vector<double> wrong(3);
  CHECK_THROWS_AS(encoder.initialize<double>(wrong, {}, rng), std::invalid_argument);
}

TEST_CASE("a pass of an encoder put aside comes back") {
  Setup s(true);
  Encoder::Tape<double> kept;
  const Matrix<double> weight = drawn<double>(10, 7, s.rng), other = drawn<double>(kInputs, 4, s.rng);
  Vector<double> expected = Vector<double>::Zero(s.theta.size()), gradient = expected;
  const Matrix<double> y = s.encoder.forward(s.theta, s.x(), s.tape);
  s.encoder.backward(s.theta, s.x(), s.tape, weight, expected);
  s.tape.swap_activations(kept);
  s.encoder.forward(s.theta, other, s.tape);
  s.tape.swap_activations(kept);
  CHECK(s.tape.output() == y);
  s.encoder.backward(s.theta, s.x(), s.tape, weight, gradient);
  CHECK(gradient == expected);
}

TEST_CASE("parts that make no encoder are refused") {
  CHECK_THROWS_WITH(Encoder(0), "Encoder: expected input_size >= 1, got 0");
  CHECK_THROWS_WITH(Encoder(5, {{3, {4}}, {1, {}}}), "Encoder: expected parts of 5 components in all, got 4");
  CHECK_THROWS_WITH(Encoder(3, {{3, {4}}, {0, {}}}), "Encoder: expected parts of one or more components, got 0");
  CHECK_THROWS_WITH(Encoder(3, {{3, {4, 0}}}), "Mlp: expected positive widths, got 0");
}
