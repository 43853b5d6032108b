// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_EPVF_PARAMETER_PERMUTATION_HPP
#define VANTAGE_TESTS_EPVF_PARAMETER_PERMUTATION_HPP

#include <numeric>
#include <utility>
#include <vector>

#include "vantage/core/random.hpp"
#include "vantage/policy/parameter_space.hpp"

namespace vantage {

using AxisOrders = std::vector<std::vector<Index>>;  // for each axis: which old unit stands at each new place

inline std::vector<Index> random_order(Index size, Rng& rng) {
  std::vector<Index> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), Index(0));
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  return order;
}

// the order of every axis as it is, but those of `permutable` axes drawn
inline AxisOrders random_orders(const ParameterSpace& space, const std::vector<bool>& permutable, Rng& rng) {
  AxisOrders orders;
  for (std::size_t axis = 0; axis < space.axis_sizes.size(); ++axis) {
    std::vector<Index> same(static_cast<std::size_t>(space.axis_sizes[axis]));
    std::iota(same.begin(), same.end(), Index(0));
    orders.push_back(permutable[axis] ? random_order(space.axis_sizes[axis], rng) : same);
  }
  return orders;
}

// where entry (row, column) of a block comes from
inline Index source_entry(const ParameterBlock& block, const AxisOrders& orders, Index row, Index column) {
  const auto from = [&](int axis, Index i) {
    return axis < 0 ? i : orders[static_cast<std::size_t>(axis)][static_cast<std::size_t>(i)];
  };
  return block.offset + from(block.row_axis, row) + block.rows * from(block.column_axis, column);
}

template <class S>
Vector<S> permute(const ParameterSpace& space, const AxisOrders& orders, const Vector<S>& theta) {
  Vector<S> result(theta.size());
  for (const ParameterBlock& block : space.blocks) {
    for (Index column = 0; column < block.columns; ++column) {
      for (Index row = 0; row < block.rows; ++row) {
        result(block.offset + row + block.rows * column) = theta(source_entry(block, orders, row, column));
      }
    }
  }
  return result;
}

template <class S>
Vector<S> normal_vector(Index size, Rng& rng) {
  Vector<S> result(size);
  for (S& entry : result) entry = static_cast<S>(rng.normal());
  return result;
}

template <class S>
Matrix<S> normal_matrix(Index rows, Index columns, Rng& rng) {
  Matrix<S> result(rows, columns);
  for (S& entry : result.reshaped()) entry = static_cast<S>(rng.normal());
  return result;
}

}  // namespace vantage

#endif
