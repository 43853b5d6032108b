// SPDX-License-Identifier: MIT
#include "vantage/nn/exponential.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "catch.hpp"

namespace {

float expm1_of(float x) { return vantage::detail::expm1_of_negative(vantage::detail::Lanes<float>::Type{} + x)[0]; }

float exp_of(float x) { return vantage::detail::exp_of_negative(vantage::detail::Lanes<float>::Type{} + x)[0]; }

}  // namespace

TEST_CASE("exp(x) - 1 is within 1.5 units in the last place for every 499th float below 0") {
  double worst = 0;
  for (std::uint32_t bits = std::bit_cast<std::uint32_t>(-0.0F); bits < std::bit_cast<std::uint32_t>(-90.0F);
       bits += 499) {
    const float x = std::bit_cast<float>(bits);
    const double exact = std::expm1(static_cast<double>(x));
    const double unit = std::ldexp(1.0, std::max(std::ilogb(exact == 0 ? 1e-45 : exact), -126) - 23);
    worst = std::fmax(worst, std::abs(static_cast<double>(expm1_of(x)) - exact) / unit);
  }
  CHECK(worst < 1.5);
  CHECK(worst > 0.4);  // it was measured
}

TEST_CASE("exp(x) - 1 at its ends") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  CHECK(expm1_of(0) == 0);
  CHECK(expm1_of(-16) > -1);
  CHECK(expm1_of(-18) == -1);
  CHECK(expm1_of(-kInfinity) == -1);
  CHECK(std::isnan(expm1_of(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("exp(x) is within 1 unit in the last place for every 499th float from -87 to 0") {
  double worst = 0;
  for (std::uint32_t bits = std::bit_cast<std::uint32_t>(-0.0F); bits <= std::bit_cast<std::uint32_t>(-87.0F);
       bits += 499) {
    const float x = std::bit_cast<float>(bits);
    const double exact = std::exp(static_cast<double>(x));
    worst =
        std::fmax(worst, std::abs(static_cast<double>(exp_of(x)) - exact) / std::ldexp(1.0, std::ilogb(exact) - 23));
  }
  CHECK(worst < 1);
  CHECK(worst > 0.4);  // it was measured
}

TEST_CASE("exp(x) at its ends") {
  CHECK(exp_of(0) == 1);
  CHECK(exp_of(-87) > 0);
  CHECK(exp_of(-88) == 0);
  CHECK(exp_of(-std::numeric_limits<float>::infinity()) == 0);
  CHECK(std::isnan(exp_of(std::numeric_limits<float>::quiet_NaN())));
}
