// SPDX-License-Identifier: MIT
#ifndef VANTAGE_BENCHMARKS_MULTIPLY_ADD_PEAK_HPP
#define VANTAGE_BENCHMARKS_MULTIPLY_ADD_PEAK_HPP

#include <chrono>
#include <cstddef>
#include <utility>

#include "vantage/nn/dense_kernel.hpp"

inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Multiply-adds of independent registers: the most this core can do in single precision, in operations a second.
inline double multiply_add_peak() {
  using namespace vantage::detail;
  using Lane = Lanes<float>::Type;
  constexpr std::size_t kChains = kTileVectors * kTileColumns;
  constexpr int kRounds = 40000;
  // numbers that the compiler cannot know, and no two chains alike
  volatile float seed = 0.5F;
  const Lane factor = Lane{} + seed;
  const Lane term = factor * seed;
  // chains are named one by one, not by a loop's counter: they are to be registers
  return [&]<std::size_t... chain>(std::index_sequence<chain...>) {
    Lane sums[] = {Lane{} + seed * (1 + 0.01F * static_cast<float>(chain))...};
    const double start = seconds();
    for (int round = 0; round < kRounds; ++round) ((sums[chain] = sums[chain] * factor + term), ...);
    const double duration = seconds() - start;
    for (const Lane& sum : sums) seed = sum[0];
    return 2.0 * kRounds * static_cast<double>(kChains) * Lanes<float>::kCount / duration;
  }
  (std::make_index_sequence<kChains>{});
}

#endif
