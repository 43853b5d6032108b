// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_LANES_HPP
#define VANTAGE_NN_LANES_HPP

#include <cstddef>
#include <cstring>
#include <utility>

namespace vantage::detail {

// of the widest vectors of the target
#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

/// Vectors of numbers that the compiler keeps in registers.
template <class S, int count = kVectorBytes / static_cast<int>(sizeof(S))>
struct Lanes {
  static constexpr int kCount = count;
  // NOLINTNEXTLINE(modernize-use-using): g++ ignores the attribute in a dependent alias
  typedef S Type __attribute__((vector_size(count * sizeof(S))));
};

/// The lanes from an address of any alignment; with fewer bytes the others are 0.
template <class S>
typename Lanes<S>::Type load_lanes(const S* from, std::size_t bytes = kVectorBytes) {
  typename Lanes<S>::Type lanes = {};
  std::memcpy(&lanes, from, bytes);
  return lanes;
}
template <class S>
void store_lanes(S* to, typename Lanes<S>::Type lanes, std::size_t bytes = kVectorBytes) {
  std::memcpy(to, &lanes, bytes);
}

/// The sum of all lanes: halves are added to halves, as a tree.
template <class S, int count = Lanes<S>::kCount>
S sum_lanes(typename Lanes<S, count>::Type lanes) {
  if constexpr (count == 2) {
    return lanes[0] + lanes[1];
  } else {
    const auto halves = [&]<int... i>(std::integer_sequence<int, i...>) __attribute__((always_inline)) {
      return __builtin_shufflevector(lanes, lanes, i...) + __builtin_shufflevector(lanes, lanes, (i + count / 2)...);
    };
    return sum_lanes<S, count / 2>(halves(std::make_integer_sequence<int, count / 2>()));
  }
}

}  // namespace vantage::detail

#endif
