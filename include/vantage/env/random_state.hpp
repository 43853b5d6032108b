// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_RANDOM_STATE_HPP
#define VANTAGE_ENV_RANDOM_STATE_HPP

#include <cstddef>
#include <cstdint>
#include <tuple>

#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// Numbers that hold a random stream in an environment's saved state: the halves of its words, exact as doubles.
inline constexpr Index kRandomStateSize = 2 * static_cast<Index>(std::tuple_size_v<Rng::State>);

/// Shapes: out kRandomStateSize.
inline void save_random_state(const Rng& rng, VectorRef<double> out) {
  for (Index i = 0; i < kRandomStateSize; i += 2) {
    const std::uint64_t word = rng.state()[static_cast<std::size_t>(i / 2)];
    out[i] = static_cast<double>(word >> 32);
    out[i + 1] = static_cast<double>(word & 0xFFFFFFFFU);
  }
}

/// The inverse of save_random_state.
inline void load_random_state(ConstVectorRef<double> state, Rng& rng) {
  Rng::State words{};
  for (Index i = 0; i < kRandomStateSize; i += 2) {
    words[static_cast<std::size_t>(i / 2)] =
        static_cast<std::uint64_t>(state[i]) << 32 | static_cast<std::uint64_t>(state[i + 1]);
  }
  rng.set_state(words);
}

}  // namespace vantage

#endif
