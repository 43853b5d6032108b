// SPDX-License-Identifier: MIT
#include "vantage/nn/layer_norm.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "vantage/core/random.hpp"

using namespace vantage;

namespace {

constexpr Index kColumns = 5;

template <class S>
Matrix<S> drawn(Index rows, Index columns, Rng& rng) {
  Matrix<S> matrix(rows, columns);
  for (S& number : matrix.reshaped()) number = static_cast<S>(rng.normal());
  return matrix;
}

// equation 4 of Ba, Kiros and Hinton, one number at a time
Matrix<double> by_hand(const Matrix<double>& a, const Vector<double>& gain, const Vector<double>& offset) {
  Matrix<double> y = a;
  for (Index n = 0; n < a.cols(); ++n) {
    const double mean = a.col(n).sum() / static_cast<double>(a.rows());
    double variance = 0;
    for (Index i = 0; i < a.rows(); ++i)
      variance += (a(i, n) - mean) * (a(i, n) - mean) / static_cast<double>(a.rows());
    for (Index i = 0; i < a.rows(); ++i) {
      y(i, n) = gain[i] * (a(i, n) - mean) / std::sqrt(variance + kLayerNormEpsilon) + offset[i];
    }
  }
  return y;
}

struct Setup {
  explicit Setup(Index units) : rng(3), a(drawn<double>(units, kColumns, rng)), y(a) {
    gain = drawn<double>(units, 1, rng);
    offset = drawn<double>(units, 1, rng);
    norm.forward(units, kColumns, gain.data(), offset.data(), y.data());
  }

  Rng rng;
  Matrix<double> a, y;
  Vector<double> gain, offset;
  LayerNorm<double> norm;
};

constexpr double kStep = 1e-6;

}  // namespace

TEST_CASE("three units by hand") {
  // mean 2, variance 2/3
  Vector<double> h{{1, 2, 3}};
  const Vector<double> gain{{1, 2, 3}}, offset{{0, 5, -1}};
  LayerNorm<double> norm;
  norm.forward(3, 1, gain.data(), offset.data(), h.data());
  const double z = 1 / std::sqrt(2.0 / 3 + 1e-5);
  CHECK(h[0] == Approx(-z).epsilon(1e-15));
  CHECK(h[1] == 5);
  CHECK(h[2] == Approx(3 * z - 1).epsilon(1e-15));
}

TEST_CASE("layer norm agrees with its definition for any number of units") {
  for (Index units = 1; units < 40; ++units) {
    const Setup s(units);
    CAPTURE(units);
    CHECK((s.y - by_hand(s.a, s.gain, s.offset)).cwiseAbs().maxCoeff() < 1e-13);
  }
}

TEST_CASE("units that are all equal become the offsets") {
  Matrix<float> h = Matrix<float>::Constant(6, 2, 7);
  const Vector<float> gain = Vector<float>::Constant(6, 3), offset = Vector<float>::LinSpaced(6, 0, 1);
  LayerNorm<float> norm;
  norm.forward(6, 2, gain.data(), offset.data(), h.data());
  CHECK(h.col(0) == offset);
  CHECK(h.col(1) == offset);
}

TEST_CASE("backward is the gradient of finite differences and adds to what is there") {
  for (const Index units : {1, 2, 3, 8, 13}) {
    Setup s(units);
    CAPTURE(units);
    const Matrix<double> weight = drawn<double>(units, kColumns, s.rng);
    const auto objective = [&](const Matrix<double>& a, const Vector<double>& g, const Vector<double>& b) {
      return by_hand(a, g, b).cwiseProduct(weight).sum();
    };
    Matrix<double> slopes = weight, without = weight;
    Vector<double> gains = Vector<double>::Constant(units, 2), offsets = Vector<double>::Constant(units, 3);
    s.norm.backward(s.gain.data(), slopes.data(), gains.data(), offsets.data());
    s.norm.backward(s.gain.data(), without.data(), nullptr, nullptr);
    CHECK(without == slopes);
    for (Index i = 0; i < units; ++i) {
      const Vector<double> step = kStep * Vector<double>::Unit(units, i);
      const double gain = objective(s.a, s.gain + step, s.offset) - objective(s.a, s.gain - step, s.offset);
      const double offset = objective(s.a, s.gain, s.offset + step) - objective(s.a, s.gain, s.offset - step);
      CHECK(gains[i] - 2 == Approx(gain / (2 * kStep)).epsilon(1e-7).margin(1e-7));
      CHECK(offsets[i] - 3 == Approx(offset / (2 * kStep)).epsilon(1e-7).margin(1e-7));
      for (Index n = 0; n < kColumns; ++n) {
        Matrix<double> high = s.a, low = s.a;
        high(i, n) += kStep;
        low(i, n) -= kStep;
        const double change = objective(high, s.gain, s.offset) - objective(low, s.gain, s.offset);
        CHECK(slopes(i, n) == Approx(change / (2 * kStep)).epsilon(1e-6).margin(1e-7));
      }
    }
  }
}

TEST_CASE("tangent is the derivative along a direction of units, gains and offsets") {
  for (const Index units : {1, 2, 3, 8, 13}) {
    Setup s(units);
    CAPTURE(units);
    const Matrix<double> along = drawn<double>(units, kColumns, s.rng);
    const Vector<double> gain = drawn<double>(units, 1, s.rng), offset = drawn<double>(units, 1, s.rng);
    Matrix<double> tangent = along;
    s.norm.tangent(s.gain.data(), gain.data(), offset.data(), tangent.data());
    const Matrix<double> change = by_hand(s.a + kStep * along, s.gain + kStep * gain, s.offset + kStep * offset) -
                                  by_hand(s.a - kStep * along, s.gain - kStep * gain, s.offset - kStep * offset);
    CHECK((tangent - change / (2 * kStep)).cwiseAbs().maxCoeff() < 1e-7);
  }
}

TEST_CASE("the bits of a column do not depend on its position") {
  Rng rng(4);
  for (const Index units : {3, 16, 37}) {
    const Matrix<float> a = drawn<float>(units, 7, rng);
    const Vector<float> gain = drawn<float>(units, 1, rng), offset = drawn<float>(units, 1, rng);
    Matrix<float> all = a, slopes = a;
    LayerNorm<float> norm;
    norm.forward(units, 7, gain.data(), offset.data(), all.data());
    norm.backward(gain.data(), slopes.data(), nullptr, nullptr);
    for (Index n = 0; n < 7; ++n) {
      Vector<float> one = a.col(n), slope = a.col(n);
      LayerNorm<float> alone;
      alone.forward(units, 1, gain.data(), offset.data(), one.data());
      alone.backward(gain.data(), slope.data(), nullptr, nullptr);
      CHECK(one == all.col(n));
      CHECK(slope == slopes.col(n));
    }
  }
}

TEST_CASE("a unit that is not a number stays visible behind layer norm") {
  Vector<float> h = Vector<float>::Ones(5), gain = h, offset = h;
  h[2] = std::numeric_limits<float>::quiet_NaN();
  LayerNorm<float> norm;
  norm.forward(5, 1, gain.data(), offset.data(), h.data());
  CHECK(h.hasNaN());
}
