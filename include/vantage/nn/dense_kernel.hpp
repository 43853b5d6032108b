// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_DENSE_KERNEL_HPP
#define VANTAGE_NN_DENSE_KERNEL_HPP

#include "vantage/core/types.hpp"

namespace vantage {

/// What the accumulators of a product hold before the first term is added.
enum class Start { zero, column, accumulate };

/// A matrix whose neighbours are any number of scalars apart: a transpose or a row of ones needs no copy.
template <class S>
struct Strided {
  const S* data;
  Index row_stride;
  Index column_stride;
};

/// C = start + A B, where A and C are column-major. `start` is 0, one column for all columns of C, or C itself.
/// Shapes: a (rows x depth), b (depth x columns), c (rows x columns), column (rows), used by Start::column only.
template <class S>
void dense_product(Index rows, Index columns, Index depth, const S* a, Index a_stride, Strided<S> b, S* c, Index c_stride,
                   Start start, const S* column, Vector<S>& /*panel*/) {
  using Any = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  const Eigen::Map<const Matrix<S>, 0, Eigen::OuterStride<>> left(a, rows, depth, Eigen::OuterStride<>(a_stride));
  const Eigen::Map<const Matrix<S>, 0, Any> right(b.data, depth, columns, Any(b.column_stride, b.row_stride));
  Eigen::Map<Matrix<S>, 0, Eigen::OuterStride<>> result(c, rows, columns, Eigen::OuterStride<>(c_stride));
  if (start == Start::zero) result.setZero();
  if (start == Start::column) result.colwise() = Eigen::Map<const Vector<S>>(column, rows);
  result.noalias() += left.lazyProduct(right);
}

}  // namespace vantage

#endif
