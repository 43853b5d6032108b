// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_FUNCTIONAL_TENSOR_HPP
#define VANTAGE_EPVF_FUNCTIONAL_TENSOR_HPP

#include <algorithm>
#include <array>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/nn/dense_kernel.hpp"
#include "vantage/policy/parameter_space.hpp"

namespace vantage {

/// A tensor with some of its axes left out, summed over or not yet repeated over. The one that keeps all axes is the
/// tensor itself; the others lie one after another in a buffer: that of axes[0], that of axes[1], that of neither.
struct FunctionalPool {
  std::array<int, 2> axes;  ///< those kept, the higher first; -1: none
  Index positions;          ///< along the axes that it keeps
  Index offset;             ///< in the buffer, in positions
  bool whole;               ///< the tensor itself
};

/// A block of parameters as a functional of policies sees it: channels over the positions of its permutable axes. An
/// axis that is not permutable (input, output) becomes channels: the first layer's weights are a vector over the hidden
/// axis with a channel for each input, those of a linear policy a single position with as many channels as numbers.
/// In memory the channels of one position are neighbours; positions run along axes[0] first.
struct FunctionalTensor {
  ParameterBlock block;                ///< which of the policy's parameters
  std::array<int, 2> axes{-1, -1};     ///< permutable axes, the higher first; -1: none
  std::array<Index, 2> sizes{1, 1};    ///< their sizes
  Index channels = 1;                  ///< of the parameters themselves
  std::array<Index, 2> strides{1, 1};  ///< how far apart the block's rows and columns are in the tensor

  /// Of the tensor, over its permutable axes.
  [[nodiscard]] Index positions() const { return sizes[0] * sizes[1]; }
  /// Of the buffer of pools.
  [[nodiscard]] Index pool_positions() const { return axes[0] < 0 ? 0 : axes[1] < 0 ? 1 : sizes[0] + sizes[1] + 1; }

  /// One pool for each subset of the axes.
  [[nodiscard]] std::vector<FunctionalPool> pools() const {
    std::vector<FunctionalPool> result{{axes, positions(), 0, true}};
    if (axes[1] >= 0) result.push_back({{axes[0], -1}, sizes[0], 0, false});
    if (axes[1] >= 0) result.push_back({{axes[1], -1}, sizes[1], sizes[0], false});
    if (axes[0] >= 0) result.push_back({{-1, -1}, 1, pool_positions() - 1, false});
    return result;
  }

  /// tensor = scale parameters. Shapes: theta P, tensor (channels positions).
  template <class S>
  void read(const S* theta, S scale, S* tensor) const {
    map(tensor) = scale * Eigen::Map<const Matrix<S>>(theta + block.offset, block.rows, block.columns);
  }

  /// The adjoint of read: theta_gradient += scale tensor_gradient.
  template <class S>
  void add_gradient(S* tensor_gradient, S scale, S* theta_gradient) const {
    Eigen::Map<Matrix<S>>(theta_gradient + block.offset, block.rows, block.columns) += scale * map(tensor_gradient);
  }

  /// Writes the sums of a tensor of `width` channels over the axes that each pool lacks. `panel` is scratch that grows.
  template <class S>
  void sum_out(Index width, const S* tensor, S* pools, Vector<S>& panel) const {
    static constexpr S kOne = 1;
    const auto sum = [&](const S* from, Index count, S* to) {
      dense_product<S>(width, 1, count, from, width, {&kOne, 0, 0}, to, width, Start::zero, nullptr, panel);
    };
    if (axes[0] < 0) return;
    if (axes[1] < 0) return sum(tensor, sizes[0], pools);
    const Index stripe = width * sizes[0];
    Eigen::Map<Vector<S>> first(pools, stripe);
    S* second = pools + stripe;
    first.setZero();
    for (Index k = 0; k < sizes[1]; ++k) {
      first += Eigen::Map<const Vector<S>>(tensor + k * stripe, stripe);
      sum(tensor + k * stripe, sizes[0], second + k * width);
    }
    sum(second, sizes[1], second + sizes[1] * width);
  }

  /// Divides sums by the number of their terms.
  template <class S>
  void average(Index width, S* pools) const {
    for (Index p = 0; p < pool_positions(); ++p) {
      const bool last = p + 1 == pool_positions();
      const Index terms = last ? positions() : p < sizes[0] ? sizes[1] : sizes[0];
      Eigen::Map<Vector<S>>(pools + p * width, width) *= S(1) / static_cast<S>(terms);
    }
  }

  /// The adjoint of sum_out: tensor += each pool repeated over the axes that it lacks. Changes the pools.
  template <class S>
  void spread(Index width, S* pools, S* tensor, Vector<S>& panel) const {
    static constexpr S kOne = 1;
    // a column times a row of ones
    const auto repeat = [&](const S* from, Index count, S* to) {
      dense_product<S>(width, count, 1, from, width, {&kOne, 0, 0}, to, width, Start::accumulate, nullptr, panel);
    };
    if (axes[0] < 0) return;
    if (axes[1] < 0) return repeat(pools, sizes[0], tensor);
    const Index stripe = width * sizes[0];
    const Eigen::Map<const Vector<S>> first(pools, stripe);
    S* second = pools + stripe;
    repeat(second + sizes[1] * width, sizes[1], second);
    for (Index k = 0; k < sizes[1]; ++k) {
      Eigen::Map<Vector<S>>(tensor + k * stripe, stripe) += first;
      repeat(second + k * width, sizes[0], tensor + k * stripe);
    }
  }

 private:
  // the tensor with the rows and columns of its block
  template <class S>
  [[nodiscard]] auto map(S* tensor) const {
    using Strides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
    return Eigen::Map<Matrix<S>, 0, Strides>(tensor, block.rows, block.columns, Strides(strides[1], strides[0]));
  }
};

/// One tensor a block of the space.
/// Throws: std::invalid_argument if there is no block, an axis is unknown or a permutable axis occurs twice in a block.
[[nodiscard]] inline std::vector<FunctionalTensor> functional_tensors(const ParameterSpace& space) {
  require(!space.blocks.empty(), "functional_tensors", "a space with blocks", "none");
  const int axes = static_cast<int>(space.permutable.size());
  const auto permutable = [&](int axis) { return axis >= 0 && space.permutable[static_cast<std::size_t>(axis)]; };
  std::vector<FunctionalTensor> tensors;
  for (const ParameterBlock& block : space.blocks) {
    require(block.row_axis < axes, "functional_tensors", "a row axis of the space", block.row_axis);
    require(block.column_axis < axes, "functional_tensors", "a column axis of the space", block.column_axis);
    const bool rows = permutable(block.row_axis);
    const bool columns = permutable(block.column_axis);
    require(!rows || block.row_axis != block.column_axis, "functional_tensors", "two axes of their own in each block",
            block.row_axis);
    FunctionalTensor tensor{.block = block};
    tensor.channels = (rows ? 1 : block.rows) * (columns ? 1 : block.columns);
    if (rows && columns) {
      const bool rows_first = block.row_axis > block.column_axis;
      tensor.axes = {std::max(block.row_axis, block.column_axis), std::min(block.row_axis, block.column_axis)};
      tensor.sizes = {rows_first ? block.rows : block.columns, rows_first ? block.columns : block.rows};
      tensor.strides = {rows_first ? 1 : block.columns, rows_first ? block.rows : 1};
    } else if (rows) {
      tensor.axes = {block.row_axis, -1};
      tensor.sizes = {block.rows, 1};
      tensor.strides = {tensor.channels, 1};
    } else {
      // columns are positions, or more channels
      if (columns) tensor.axes = {block.column_axis, -1};
      if (columns) tensor.sizes = {block.columns, 1};
      tensor.strides = {1, block.rows};
    }
    tensors.push_back(tensor);
  }
  return tensors;
}

}  // namespace vantage

#endif
