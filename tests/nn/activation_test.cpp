// SPDX-License-Identifier: MIT
#include "vantage/nn/activation.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

namespace {

using namespace vantage;

double expected_value(Activation activation, double x) {
  switch (activation) {
    case Activation::tanh:
      return std::tanh(x);
    case Activation::relu:
      return x > 0 ? x : 0;
    case Activation::elu:
      break;
  }
  return x > 0 ? x : std::expm1(x);
}

double expected_slope(Activation activation, double x) {
  switch (activation) {
    case Activation::tanh:
      return 1 / (std::cosh(x) * std::cosh(x));
    case Activation::relu:
      return x > 0 ? 1 : 0;
    case Activation::elu:
      break;
  }
  return x > 0 ? 1 : std::exp(x);
}

template <class S>
void check_values(double tolerance) {
  constexpr Index kSize = 321;
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::elu}) {
    Vector<S> h = Vector<S>::Zero(padded_size(kSize));
    Vector<S> d = Vector<S>::Constant(padded_size(kSize), S(2));
    const auto input = [](Index i) { return static_cast<S>((static_cast<double>(i) - 160.5) / 10); };
    for (Index i = 0; i < kSize; ++i) h(i) = input(i);
    activate(activation, h.data(), kSize);
    multiply_slope(activation, h.data(), d.data(), kSize);
    for (Index i = 0; i < kSize; ++i) {
      const auto x = static_cast<double>(input(i));
      CAPTURE(static_cast<int>(activation), x);
      CHECK(static_cast<double>(h(i)) == Approx(expected_value(activation, x)).epsilon(tolerance).margin(tolerance));
      CHECK(static_cast<double>(d(i)) ==
            Approx(2 * expected_slope(activation, x)).epsilon(tolerance).margin(tolerance));
    }
  }
}

}  // namespace

TEST_CASE("values and slopes agree with the definitions") {
  SECTION("float") { check_values<float>(2e-6); }
  SECTION("double") { check_values<double>(1e-14); }
}

TEST_CASE("the bits of an activation do not depend on its position") {
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::elu}) {
    for (Index position = 0; position < 37; ++position) {
      for (const float x : {-1.7F, -0.3F, 0.1F, 0.9F}) {
        Vector<float> first = Vector<float>::Zero(padded_size(37));
        Vector<float> other = first;
        first(0) = x;
        other(position) = x;
        activate(activation, first.data(), 37);
        activate(activation, other.data(), 37);
        CHECK(first(0) == other(position));
      }
    }
  }
}

TEST_CASE("not a number stays visible") {
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::elu}) {
    Vector<float> h = Vector<float>::Zero(padded_size(20));
    h(3) = h(19) = std::numeric_limits<float>::quiet_NaN();
    activate(activation, h.data(), 20);
    CAPTURE(static_cast<int>(activation));
    CHECK(std::isnan(h(3)));
    CHECK(std::isnan(h(19)));
    CHECK(h(4) == 0);
  }
}

TEST_CASE("a buffer grows to whole packets and keeps what it has where it is large enough") {
  Vector<float> buffer;
  grow_padded(buffer, 17);
  CHECK(buffer.size() == 32);
  CHECK(buffer.isZero(0));
  buffer.setOnes();
  grow_padded(buffer, 32);
  CHECK(buffer.size() == 32);
  CHECK(buffer.minCoeff() == 1);
  grow_padded(buffer, 33);
  CHECK(buffer.size() == 48);
  CHECK(buffer.isZero(0));
}
