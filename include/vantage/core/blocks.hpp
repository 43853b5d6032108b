// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_BLOCKS_HPP
#define VANTAGE_CORE_BLOCKS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "vantage/core/context.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

inline constexpr Index kBlockSamples = 128;  ///< samples a block: its activations stay in a core's L2 cache
inline constexpr Index kMostPartials = 64;   ///< partial sums at the most, however many blocks there are

namespace detail {

template <class S>
struct PartialSums {
  Matrix<S> columns;  // one partial sum a column; only grows
};

// room for a sum of so many numbers over so many samples; only grows
template <class S>
Matrix<S>& partial_sums(Context& context, Index size, Index samples) {
  const Index partials = std::min((samples + kBlockSamples - 1) / kBlockSamples, kMostPartials);
  Matrix<S>& columns = context.local<PartialSums<S>>(0).columns;
  if (columns.rows() < size || columns.cols() < partials) {
    columns.resize(std::max(columns.rows(), size), std::max(columns.cols(), partials));
  }
  return columns;
}

// how samples are cut: partial sum p takes the p-th run of consecutive blocks, a rank a run of partial sums
struct BlockPlan {
  explicit BlockPlan(Index sample_count)
      : samples(sample_count),
        blocks((samples + kBlockSamples - 1) / kBlockSamples),
        partials(std::min(blocks, kMostPartials)) {}

  // whether ranks share them: one partial sum is formed by every rank sooner than it is told
  [[nodiscard]] bool is_shared(const Communicator& ranks) const { return !ranks.is_alone() && partials > 1; }
  [[nodiscard]] Share partials_of(const Communicator& ranks, Index rank) const {
    return is_shared(ranks) ? ranks.share_of(rank, partials) : Share{0, partials};
  }
  [[nodiscard]] Index first_block(Index partial) const { return partials == 0 ? 0 : blocks * partial / partials; }
  [[nodiscard]] Share blocks_of(const Communicator& ranks, Index rank) const {
    const Share own = partials_of(ranks, rank);
    return {first_block(own.first), first_block(own.last)};
  }

  Index samples, blocks, partials;
};

struct GatherOffsets {
  std::vector<std::int64_t> bytes;
};

// tells all ranks what each has of `numbers`: rank r has first(r) .. first(r + 1) - 1
template <class T, class First>
void gather(Context& context, T* numbers, const First& first) {
  static_assert(std::is_trivially_copyable_v<T>);
  const Communicator& ranks = context.communicator();
  std::vector<std::int64_t>& offsets = context.local<GatherOffsets>(0).bytes;
  offsets.resize(static_cast<std::size_t>(ranks.size) + 1);
  for (Index rank = 0; rank <= ranks.size; ++rank) {
    offsets[static_cast<std::size_t>(rank)] = static_cast<std::int64_t>(first(rank)) * std::int64_t{sizeof(T)};
  }
  ranks.gather(ranks.state, reinterpret_cast<std::byte*>(numbers), offsets.data());
}

inline void sum_over_ranks(const Communicator& ranks, float* numbers, Index count) {
  ranks.sum_floats(ranks.state, numbers, count);
}
inline void sum_over_ranks(const Communicator& ranks, double* numbers, Index count) {
  ranks.sum_doubles(ranks.state, numbers, count);
}

}  // namespace detail

/// Calls block(first, count, worker) for the consecutive blocks of `samples` samples, on all workers of the pool. Where
/// there are ranks each calls it for its own blocks: what they write others learn by share_blocks.
template <class Block>
void for_each_block(Context& context, Index samples, Block&& block) {
  const Communicator& ranks = context.communicator();
  const Share own = detail::BlockPlan(samples).blocks_of(ranks, ranks.rank);
  context.pool().run(own.count(), [&](Index index, Index worker) {
    const Index first = (own.first + index) * kBlockSamples;
    block(first, std::min(kBlockSamples, samples - first), worker);
  });
}

/// Tells every rank what the blocks of the others wrote, `each` numbers a sample; nothing in a process alone.
/// Shapes: numbers each x samples, without gaps. Cost: one gather.
template <class S>
void share_blocks(Context& context, Index samples, S* numbers, Index each = 1) {
  const Communicator& ranks = context.communicator();
  const detail::BlockPlan plan(samples);
  if (!plan.is_shared(ranks) || each == 0) return;
  detail::gather(context, numbers, [&](Index rank) {
    return each * std::min(plan.blocks_of(ranks, rank).first * kBlockSamples, samples);
  });
}

/// Sums what block(first, count, worker, partial) adds to `partial` over all blocks of `samples` samples:
/// sum = sum_b partial_b. Blocks and the order of summation depend on `samples` alone, so the bits of the result do not
/// depend on the number of threads, nor on that of ranks, each of which forms its own partial sums; but where the
/// communicator sums in any order they do depend on the ranks.
/// Shapes: sum P, each partial P (zero at the start). Cost: min(blocks, 64) P numbers of scratch; with ranks one gather
/// of those, or one sum of P numbers over the ranks.
template <class S, class Block>
void block_sum(Context& context, Index samples, Vector<S>& sum, Block&& block) {
  const Communicator& ranks = context.communicator();
  const detail::BlockPlan plan(samples);
  const Share own = plan.partials_of(ranks, ranks.rank);
  Matrix<S>& columns = detail::partial_sums<S>(context, sum.size(), samples);
  context.pool().run(own.count(), [&](Index task, Index worker) {
    const Index partial = own.first + task;
    auto column = columns.col(partial).head(sum.size());
    column.setZero();
    const Index end = plan.first_block(partial + 1);
    for (Index index = plan.first_block(partial); index < end; ++index) {
      const Index first = index * kBlockSamples;
      block(first, std::min(kBlockSamples, samples - first), worker, VectorRef<S>(column));
    }
  });
  const bool any_order = plan.is_shared(ranks) && ranks.sums_in_any_order();
  if (plan.is_shared(ranks) && !any_order) {
    detail::gather(context, columns.data(),
                   [&](Index rank) { return columns.rows() * plan.partials_of(ranks, rank).first; });
  }
  sum.setZero();
  const Share added = any_order ? own : Share{0, plan.partials};
  for (Index partial = added.first; partial < added.last; ++partial) sum += columns.col(partial).head(sum.size());
  if (any_order) detail::sum_over_ranks(ranks, sum.data(), sum.size());
}

}  // namespace vantage

#endif
