// SPDX-License-Identifier: MIT
#include "vantage/nn/lanes.hpp"

#include <array>
#include <cmath>

#include "catch.hpp"

namespace {

using namespace vantage::detail;

// halves added to halves, by plain loops
template <class S>
S tree(std::array<S, Lanes<S>::kCount> numbers) {
  for (std::size_t half = numbers.size() / 2; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) numbers[i] += numbers[i + half];
  }
  return numbers[0];
}

template <class S>
void check_lanes() {
  constexpr std::size_t kCount = Lanes<S>::kCount;
  std::array<S, kCount + 1> from{};
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = std::sin(static_cast<S>(i + 1)) / static_cast<S>(3 * i + 1);
  // from an address that no vector is aligned to
  const auto lanes = load_lanes<S>(from.data() + 1);
  std::array<S, kCount> numbers{};
  store_lanes<S>(numbers.data(), lanes);
  for (std::size_t i = 0; i < kCount; ++i) CHECK(numbers[i] == from[i + 1]);
  CHECK(sum_lanes<S>(lanes) == tree<S>(numbers));

  // the last lanes are neither read nor written
  const auto part = load_lanes<S>(from.data(), (kCount - 1) * sizeof(S));
  CHECK(part[kCount - 1] == 0);
  std::array<S, kCount> kept{};
  kept.back() = 7;
  store_lanes<S>(kept.data(), lanes, (kCount - 1) * sizeof(S));
  CHECK(kept.back() == 7);
  CHECK(kept[kCount - 2] == from[kCount - 1]);
}

}  // namespace

TEST_CASE("lanes are read, written and summed") {
  check_lanes<float>();
  check_lanes<double>();
}
