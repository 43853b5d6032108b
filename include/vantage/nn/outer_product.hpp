// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_OUTER_PRODUCT_HPP
#define VANTAGE_NN_OUTER_PRODUCT_HPP

#include <algorithm>

#include "vantage/core/blocks.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/nn/dense_kernel.hpp"

namespace vantage {

namespace detail {

// a tile of inputs and the deltas that meet it stay in a core's L2 cache
inline constexpr Index kOuterInputs = 192;
inline constexpr Index kOuterSamples = 256;

template <class S>
struct OuterProductScratch {
  Vector<S> tile;   // inputs of some samples, without gaps
  Vector<S> panel;  // the product's own scratch
};

}  // namespace detail

/// The gradient of the weights of one wide layer, factor sum_n d_n x_n^T, from the deltas and the inputs of all
/// samples. The workers share the columns of the result, and each column sums over all samples in their order: no
/// partial sums, and the same bits for any number of threads. So do ranks, which then tell each other their columns.
/// Shapes: deltas (H x N), inputs (I x N), result (H x I). Pre: result overlaps neither, and with ranks has no gaps.
/// Cost: 2 H I N operations; scratch of 192 x 256 numbers a worker; with ranks a gather of H I numbers.
template <class S>
void outer_product(Context& context, ConstMatrixRef<S> deltas, ConstMatrixRef<S> inputs, S factor,
                   MatrixRef<S> result) {
  using namespace detail;
  VANTAGE_ASSERT(deltas.cols() == inputs.cols() && result.rows() == deltas.rows() && result.cols() == inputs.rows());
  const Index blocks = (inputs.rows() + kOuterInputs - 1) / kOuterInputs;
  const Communicator& ranks = context.communicator();
  const Share own = ranks.share(blocks);
  context.pool().run(own.count(), [&](Index task, Index worker) {
    auto& scratch = context.local<OuterProductScratch<S>>(worker);
    if (scratch.tile.size() == 0) scratch.tile.resize(kOuterInputs * kOuterSamples);
    const Index first = (own.first + task) * kOuterInputs;
    const Index width = std::min(kOuterInputs, inputs.rows() - first);
    auto columns = result.middleCols(first, width);
    columns.setZero();
    for (Index sample = 0; sample < inputs.cols(); sample += kOuterSamples) {
      const Index count = std::min(kOuterSamples, inputs.cols() - sample);
      S* const tile = scratch.tile.data();
      Eigen::Map<Matrix<S>>(tile, width, count) = inputs.block(first, sample, width, count);
      dense_product<S>(deltas.rows(), width, count, deltas.data() + sample * deltas.outerStride(), deltas.outerStride(),
                       {tile, width, 1}, columns.data(), columns.outerStride(), Start::accumulate, nullptr,
                       scratch.panel);
    }
    columns *= factor;
  });
  if (ranks.is_alone()) return;
  VANTAGE_ASSERT(result.outerStride() == result.rows());
  gather(context, result.data(), [&](Index rank) {
    return result.rows() * std::min(ranks.share_of(rank, blocks).first * kOuterInputs, inputs.rows());
  });
}

}  // namespace vantage

#endif
