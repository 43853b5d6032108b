// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_BLOCKS_HPP
#define VANTAGE_CORE_BLOCKS_HPP

#include <algorithm>

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

}  // namespace detail

/// Calls block(first, count, worker) for the consecutive blocks of `samples` samples, on all workers of the pool.
template <class Block>
void for_each_block(Context& context, Index samples, Block&& block) {
  const Index blocks = (samples + kBlockSamples - 1) / kBlockSamples;
  context.pool().run(blocks, [&](Index index, Index worker) {
    const Index first = index * kBlockSamples;
    block(first, std::min(kBlockSamples, samples - first), worker);
  });
}

/// Sums what block(first, count, worker, partial) adds to `partial` over all blocks of `samples` samples:
/// sum = sum_b partial_b. Blocks and the order of summation depend on `samples` alone, so the bits of the result do not
/// depend on the number of threads.
/// Shapes: sum P, each partial P (zero at the start). Cost: min(blocks, 64) P numbers of scratch.
template <class S, class Block>
void block_sum(Context& context, Index samples, Vector<S>& sum, Block&& block) {
  const Index blocks = (samples + kBlockSamples - 1) / kBlockSamples;
  const Index partials = std::min(blocks, kMostPartials);
  Matrix<S>& columns = detail::partial_sums<S>(context, sum.size(), samples);
  context.pool().run(partials, [&](Index partial, Index worker) {
    auto column = columns.col(partial).head(sum.size());
    column.setZero();
    // partial p takes the p-th run of consecutive blocks
    const Index end = blocks * (partial + 1) / partials;
    for (Index index = blocks * partial / partials; index < end; ++index) {
      const Index first = index * kBlockSamples;
      block(first, std::min(kBlockSamples, samples - first), worker, VectorRef<S>(column));
    }
  });
  sum.setZero();
  for (Index partial = 0; partial < partials; ++partial) sum += columns.col(partial).head(sum.size());
}

}  // namespace vantage

#endif
