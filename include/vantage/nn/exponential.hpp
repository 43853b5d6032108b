// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_EXPONENTIAL_HPP
#define VANTAGE_NN_EXPONENTIAL_HPP

#include <bit>

#include "vantage/nn/lanes.hpp"

namespace vantage::detail {

/// exp(x) = 2^n (1 + s) with x = n ln 2 + r, |r| <= ln 2 / 2.
struct SplitExponential {
  Lanes<float>::Type power;   // 2^n
  Lanes<float>::Type series;  // s = exp(r) - 1 by Taylor's series up to r^7; what follows is less than 2e-8 of it
};

// Pre: -87.3 <= x <= 0, or "not a number", which stays
inline SplitExponential split_exponential(Lanes<float>::Type x) {
  using Words = Lanes<unsigned>::Type;
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693145752F;  // few digits: n times it is exact
  constexpr float kLn2Low = 1.42860677e-6F;
  constexpr float kWhole = 12582912;  // 1.5 2^23: a sum with it has n in its lowest bits
  const Lanes<float>::Type sum = x * kLog2E + kWhole;
  const Lanes<float>::Type n = sum - kWhole;
  // a is exact, r is rounded: the sum has the parts of r
  const Lanes<float>::Type a = x - n * kLn2High, b = n * kLn2Low, r = a - b;
  Lanes<float>::Type series = r * (1 / 5040.0F) + 1 / 720.0F;
  series = series * r + 1 / 120.0F;
  series = series * r + 1 / 24.0F;
  series = series * r + 1 / 6.0F;
  series = series * r + 0.5F;
  series = (series * (r * r) - b) + a;
  return {std::bit_cast<Lanes<float>::Type>((std::bit_cast<Words>(sum) << 23U) + (127U << 23U)), series};
}

/// exp(x) - 1 of each lane, within 1.5 units in the last place; "not a number" stays. Pre: x <= 0.
///
///     exp(x) - 1 = 2^n s + (2^n - 1)
inline Lanes<float>::Type expm1_of_negative(Lanes<float>::Type x) {
  constexpr float kLowest = -18;  // below it exp(x) is less than half a unit of 1
  const auto [power, series] = split_exponential(x < kLowest ? Lanes<float>::Type{} + kLowest : x);
  return series * power + (power - 1);
}

/// exp(x) of each lane, within 1 unit in the last place, and 0 below -87; "not a number" stays. Pre: x <= 0.
inline Lanes<float>::Type exp_of_negative(Lanes<float>::Type x) {
  constexpr float kLowest = -87;  // exp(x) is still no subnormal number
  const auto [power, series] = split_exponential(x < kLowest ? Lanes<float>::Type{} + kLowest : x);
  return x < kLowest ? Lanes<float>::Type{} : series * power + power;
}

}  // namespace vantage::detail

#endif
