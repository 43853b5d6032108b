// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_COMMUNICATOR_HPP
#define VANTAGE_CORE_COMMUNICATOR_HPP

#include <cstddef>
#include <cstdint>

#include "vantage/core/types.hpp"

namespace vantage {

/// Items first .. last - 1 of some that ranks share.
struct Share {
  Index first = 0;  ///< the first of them
  Index last = 0;   ///< one past the last

  [[nodiscard]] Index count() const { return last - first; }  ///< how many
};

/// How the processes that train one agent together, its ranks, tell each other numbers. Each holds all of the agent and
/// does its share of the work; all make the same calls in the same order, from one thread each. Plain values: what
/// speaks to the others is in `state`, which outlives all copies of this. The default is a process alone.
struct Communicator {
  Index rank = 0;         ///< of this process, 0 .. size - 1
  Index size = 1;         ///< ranks; 1: nobody to speak to, and no function is called
  void* state = nullptr;  ///< handed to the functions

  /// Of `bytes` rank r has offsets[r] .. offsets[r + 1] - 1 before, and every rank has all of them afterwards. The
  /// offsets are the same for all.
  void (*gather)(void* state, std::byte* bytes, const std::int64_t* offsets) = nullptr;

  /// Each of `count` numbers becomes the sum over the ranks, the same for all of them, in an order that may depend on
  /// how many they are. Null: sums are formed from gathered numbers, in an order that does not.
  void (*sum_floats)(void* state, float* numbers, Index count) = nullptr;
  void (*sum_doubles)(void* state, double* numbers, Index count) = nullptr;

  /// Whether there is nobody else.
  [[nodiscard]] bool is_alone() const { return size == 1; }
  /// Whether sums may depend on the number of ranks.
  [[nodiscard]] bool sums_in_any_order() const { return sum_floats != nullptr; }

  /// The run of consecutive items that is rank `who`'s; the runs of all ranks cover them once, in the order of ranks.
  [[nodiscard]] Share share_of(Index who, Index items) const { return {items * who / size, items * (who + 1) / size}; }
  /// This rank's own.
  [[nodiscard]] Share share(Index items) const { return share_of(rank, items); }
};

}  // namespace vantage

#endif
