// SPDX-License-Identifier: MIT
#include "vantage/nn/activation.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "catch.hpp"

namespace {

using namespace vantage;

constexpr std::array kAll{Activation::tanh, Activation::relu, Activation::elu, Activation::silu};

double expected_value(Activation activation, double x) {
  switch (activation) {
    case Activation::tanh:
      return std::tanh(x);
    case Activation::relu:
      return x > 0 ? x : 0;
    case Activation::silu:
      return x / (1 + std::exp(-x));
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
    case Activation::silu: {
      const double share = 1 / (1 + std::exp(-x));
      return share * (1 + x * (1 - share));
    }
    case Activation::elu:
      break;
  }
  return x > 0 ? 1 : std::exp(x);
}

template <class S>
void check_values(double tolerance) {
  constexpr Index kSize = 321;
  for (const Activation activation : kAll) {
    Vector<S> h = Vector<S>::Zero(activation_room(activation, kSize));
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
  for (const Activation activation : kAll) {
    for (Index position = 0; position < 37; ++position) {
      for (const float x : {-1.7F, -0.3F, 0.1F, 0.9F}) {
        Vector<float> first = Vector<float>::Zero(activation_room(activation, 37));
        Vector<float> other = first;
        first(0) = x;
        other(position) = x;
        activate(activation, first.data(), 37);
        activate(activation, other.data(), 37);
        CHECK(first(0) == other(position));
        Vector<float> slope = Vector<float>::Ones(padded_size(37)), other_slope = slope;
        multiply_slope(activation, first.data(), slope.data(), 37);
        multiply_slope(activation, other.data(), other_slope.data(), 37);
        CHECK(slope(0) == other_slope(position));
      }
    }
  }
}

TEST_CASE("not a number stays visible") {
  for (const Activation activation : kAll) {
    Vector<float> h = Vector<float>::Zero(activation_room(activation, 20));
    h(3) = h(19) = std::numeric_limits<float>::quiet_NaN();
    activate(activation, h.data(), 20);
    CAPTURE(static_cast<int>(activation));
    CHECK(std::isnan(h(3)));
    CHECK(std::isnan(h(19)));
    CHECK(h(4) == 0);
  }
}

TEST_CASE("slopes are those of finite differences") {
  constexpr double kStep = 1e-5;
  for (const Activation activation : kAll) {
    for (double x = -12.03; x < 12; x += 0.17) {
      const auto at = [&](double point) {
        Vector<double> h = Vector<double>::Zero(activation_room(activation, 1));
        h(0) = point;
        activate(activation, h.data(), 1);
        return h;
      };
      Vector<double> slope = Vector<double>::Ones(padded_size(1));
      const Vector<double> here = at(x);
      multiply_slope(activation, here.data(), slope.data(), 1);
      CAPTURE(static_cast<int>(activation), x);
      CHECK(slope(0) == Approx((at(x + kStep)(0) - at(x - kStep)(0)) / (2 * kStep)).epsilon(1e-8).margin(1e-9));
    }
  }
}

TEST_CASE("silu in single precision is within 3 units in the last place, its slope within 3e-7") {
  constexpr Index kSize = 1024;
  double worst = 0, worst_slope = 0;
  Vector<float> h(activation_room(Activation::silu, kSize)), inputs(kSize), slopes(padded_size(kSize));
  // every 997th float of either sign up to 87 in size, beyond which exp(-x) is no normal number
  std::uint32_t bits = 0;
  while (bits < std::bit_cast<std::uint32_t>(87.0F)) {
    for (Index i = 0; i < kSize; i += 2, bits += 997) {
      inputs[i] = std::min(std::bit_cast<float>(bits), 87.0F);
      inputs[i + 1] = -inputs[i];
    }
    h.head(kSize) = inputs;
    slopes.setOnes();
    activate(Activation::silu, h.data(), kSize);
    multiply_slope(Activation::silu, h.data(), slopes.data(), kSize);
    for (Index i = 0; i < kSize; ++i) {
      const auto x = static_cast<double>(inputs[i]);
      const double exact = expected_value(Activation::silu, x);
      const double unit = std::ldexp(1.0, std::max(std::ilogb(exact == 0 ? 1e-45 : exact), -126) - 23);
      worst = std::fmax(worst, std::abs(static_cast<double>(h[i]) - exact) / unit);
      const double slope = expected_slope(Activation::silu, x);
      worst_slope = std::fmax(worst_slope, std::abs(static_cast<double>(slopes[i]) - slope));
    }
  }
  CHECK(worst < 3);
  CHECK(worst > 0.4);  // it was measured
  CHECK(worst_slope < 3e-7);
  CHECK(worst_slope > 1e-8);
}

TEST_CASE("silu far out is the identity or 0") {
  Vector<float> h = Vector<float>::Zero(activation_room(Activation::silu, 4));
  h.head(4) << 100, 1e30F, -100, -1e30F;
  activate(Activation::silu, h.data(), 4);
  CHECK(h(0) == 100);
  CHECK(h(1) == 1e30F);
  CHECK(h(2) == 0);
  CHECK(h(3) == 0);
  Vector<float> slopes = Vector<float>::Ones(padded_size(4));
  multiply_slope(Activation::silu, h.data(), slopes.data(), 4);
  CHECK(slopes.head(4) == Eigen::Vector4f(1, 1, 0, 0));
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
