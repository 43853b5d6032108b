// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_DENSE_KERNEL_HPP
#define VANTAGE_NN_DENSE_KERNEL_HPP

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "vantage/core/types.hpp"
#include "vantage/nn/lanes.hpp"

namespace vantage {

/// What the accumulators of a product hold before the first term is added.
enum class Start { zero, column, accumulate };

/// A matrix whose neighbours are any number of scalars apart: a transpose or a row of ones needs no copy.
template <class S>
struct Strided {
  const S* data;        ///< the first entry
  Index row_stride;     ///< scalars from a row to the next
  Index column_stride;  ///< scalars from a column to the next
};

namespace detail {

// so many vectors a column as fit the registers with kTileColumns columns
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int kTileVectors = 4;
#else
inline constexpr int kTileVectors = 2;
#endif
inline constexpr int kTileColumns = 6;

// so many columns of A stay in a core's L2 cache while all columns of B pass
inline constexpr Index kDepthBlock = 512;

/// The arguments of one product; a tile sees them with pointers moved to its corner.
template <class S>
struct Product {
  Index depth;
  const S* a;
  Index a_stride;
  Strided<S> b;
  S* c;
  Index c_stride;
  Start start;
  const S* column;
};

/// Calls visit with the numbers 0 .. count - 1 as template arguments, at once. An array of vectors that has no other
/// indices stays in registers; in a loop, or by other means of compile-time indices, it is kept in memory or takes
/// longest to compile.
template <int count, class Visit>
[[gnu::always_inline]] inline void with_indices(Visit&& visit) {
  visit(std::make_integer_sequence<int, count>());
}

/// One tile of `vectors` vectors by `columns` columns, held in registers while the depth is passed over once. With one
/// vector only its first `rows` lanes are read and written in C. Every column sees the same operations in the same
/// order whatever the width of its tile, so its bits do not depend on its neighbours.
template <class S, int vectors, int columns>
void multiply_tile(const Product<S>& product, int rows) {
  using Lane = typename Lanes<S>::Type;
  constexpr int kLanes = Lanes<S>::kCount;
  const bool whole = vectors > 1 || rows == kLanes;
  const auto bytes = static_cast<std::size_t>(rows) * sizeof(S);
  // vector v of column j is sum[j * vectors + v]
  with_indices<columns * vectors>([&]<int... i>(std::integer_sequence<int, i...>) __attribute__((always_inline)) {
    Lane sum[] = {(static_cast<void>(i), Lane{})...};
    if (product.start != Start::zero) {
      const bool shared = product.start == Start::column;
      const S* from = shared ? product.column : product.c;
      const Index stride = shared ? 0 : product.c_stride;
      if (whole) {
        ((sum[i] = load_lanes<S>(from + i / vectors * stride + i % vectors * kLanes)), ...);
      } else {
        ((sum[i] = load_lanes<S>(from + i / vectors * stride, bytes)), ...);
      }
    }
    const S* a = product.a;
    const S* b = product.b.data;
    const Strided<S> strides = product.b;
    for (Index k = product.depth; k > 0; --k) {
      Lane left[vectors];
      ((i < vectors ? static_cast<void>(left[i % vectors] = load_lanes<S>(a + i % vectors * kLanes)) : void()), ...);
      ((sum[i] += left[i % vectors] * b[i / vectors * strides.column_stride]), ...);
      a += product.a_stride;
      b += strides.row_stride;
    }
    S* to = product.c;
    const Index stride = product.c_stride;
    if (whole) {
      (store_lanes<S>(to + i / vectors * stride + i % vectors * kLanes, sum[i]), ...);
    } else {
      (store_lanes<S>(to + i / vectors * stride, sum[i], bytes), ...);
    }
  });
}

/// The last columns of a band of rows, fewer than a whole tile.
template <class S, int vectors, int columns>
void multiply_rest(const Product<S>& product, int rows, Index rest) {
  if constexpr (columns > 0) {
    if (rest == columns) return multiply_tile<S, vectors, columns>(product, rows);
    multiply_rest<S, vectors, columns - 1>(product, rows, rest);
  }
}

/// All columns of one band of rows.
template <class S, int vectors>
void multiply_band(Product<S> product, int rows, Index columns) {
  for (; columns >= kTileColumns; columns -= kTileColumns) {
    multiply_tile<S, vectors, kTileColumns>(product, rows);
    product.b.data += kTileColumns * product.b.column_stride;
    product.c += kTileColumns * product.c_stride;
  }
  multiply_rest<S, vectors, kTileColumns - 1>(product, rows, columns);
}

/// The inner product of two contiguous arrays in an order that depends on their size alone; without b, the sum of a.
template <class S>
S inner_product(Index size, const S* a, const S* b) {
  constexpr int kLanes = Lanes<S>::kCount;
  typename Lanes<S>::Type sums = {};
  Index k = 0;
  for (; k + kLanes <= size; k += kLanes)
    sums += b ? load_lanes<S>(a + k) * load_lanes<S>(b + k) : load_lanes<S>(a + k);
  S result = sum_lanes<S, kLanes>(sums);
  for (; k < size; ++k) result += b ? a[k] * b[k] : a[k];
  return result;
}

/// One row times a matrix with contiguous columns, or times the same number for ever (both strides of b are 0).
template <class S>
void multiply_row(const Product<S>& product, Index columns) {
  for (Index j = 0; j < columns; ++j) {
    const S* b = product.b.data + j * product.b.column_stride;
    S& result = product.c[j * product.c_stride];
    const S base = product.start == Start::column ? *product.column : product.start == Start::zero ? S(0) : result;
    result = base + (product.b.row_stride == 0 ? *b * inner_product<S>(product.depth, product.a, nullptr)
                                               : inner_product<S>(product.depth, product.a, b));
  }
}

}  // namespace detail

/// C = start + A B, where A and C are column-major. `start` is 0, one column for all columns of C, or C itself.
/// The bits of a column of C depend only on A, on that column of B and on its start. `panel` is scratch that grows.
/// Shapes: a (rows x depth), b (depth x columns), c (rows x columns), column (rows), read with Start::column only.
/// Pre: c overlaps none of the others.
template <class S>
void dense_product(Index rows, Index columns, Index depth, const S* a, Index a_stride, Strided<S> b, S* c,
                   Index c_stride, Start start, const S* column, Vector<S>& panel) {
  constexpr Index kLanes = detail::Lanes<S>::kCount;
  if (depth == 0) {
    // a sum of nothing; A and B may be nowhere
    if (start == Start::accumulate) return;
    for (Index j = 0; j < columns; ++j) {
      for (Index i = 0; i < rows; ++i) c[j * c_stride + i] = start == Start::column ? column[i] : S(0);
    }
    return;
  }
  if (columns == 0) return;
  if (rows == 1 && a_stride == 1 && b.row_stride <= 1) {
    return detail::multiply_row<S>({depth, a, a_stride, b, c, c_stride, start, column}, columns);
  }
  if (rows == 1 && columns > 1 && c_stride == 1 && b.column_stride == 1 && start != Start::column) {
    // a row is contiguous in C and in B: compute its transpose
    return dense_product<S>(columns, 1, depth, b.data, b.row_stride, {a, a_stride, 0}, c, columns, start, nullptr,
                            panel);
  }
  if (depth > detail::kDepthBlock && columns > detail::kTileColumns && rows > 1) {
    // sums wait in C from one block of the depth to the next, with the bits of a single pass
    for (Index first = 0; first < depth; first += detail::kDepthBlock) {
      const Strided<S> part{b.data + first * b.row_stride, b.row_stride, b.column_stride};
      dense_product<S>(rows, columns, std::min(detail::kDepthBlock, depth - first), a + first * a_stride, a_stride,
                       part, c, c_stride, first == 0 ? start : Start::accumulate, column, panel);
    }
    return;
  }
  Index row = 0;
  const auto at = [&](Index first) {
    return detail::Product<S>{depth,     a + first, a_stride, b,
                              c + first, c_stride,  start,    column ? column + first : nullptr};
  };
  if (columns == 1) {
    // one column alone: more rows at a time, or each addition would wait for the one before
    constexpr int kTall = 4 * detail::kTileVectors;
    for (; row + kTall * kLanes <= rows; row += kTall * kLanes) {
      detail::multiply_tile<S, kTall, 1>(at(row), static_cast<int>(kLanes));
    }
  }
  const auto bands = [&]<int vectors>() {
    for (; row + vectors * kLanes <= rows; row += vectors * kLanes) {
      detail::multiply_band<S, vectors>(at(row), static_cast<int>(kLanes), columns);
    }
  };
  bands.template operator()<detail::kTileVectors>();
  if constexpr (detail::kTileVectors > 2) bands.template operator()<2>();
  bands.template operator()<1>();
  if (row == rows) return;

  // the last rows fill only part of a vector: copy them to a panel of whole vectors, so that no load leaves A. Whatever
  // follows them in A comes along, up to A's last entries: those lanes are never stored
  const Index rest = rows - row;
  if (panel.size() < depth * kLanes) panel = Vector<S>::Zero(depth * kLanes);
  const Index end = (depth - 1) * a_stride + rows;
  for (Index k = 0; k < depth; ++k) {
    const Index from = k * a_stride + row;
    S* to = panel.data() + k * kLanes;
    if (from + kLanes <= end) {
      std::memcpy(to, a + from, static_cast<std::size_t>(kLanes) * sizeof(S));
    } else {
      std::fill(std::copy_n(a + from, rest, to), to + kLanes, S(0));
    }
  }
  detail::Product<S> last = at(row);
  last.a = panel.data();
  last.a_stride = kLanes;
  detail::multiply_band<S, 1>(last, static_cast<int>(rest), columns);
}

}  // namespace vantage

#endif
