// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_SMALL_MATRICES_HPP
#define VANTAGE_TABULAR_SMALL_MATRICES_HPP

#include "vantage/core/types.hpp"

namespace vantage {

// Algebra of matrices that are small and of problems that are solved once, not in a loop: what counts is what it costs
// to compile. Each expression of Eigen's is types of its own and its blocked product is code of its own in each of
// them, so closed forms written as expressions take seconds in everyone's program; here each is compiled once.

/// A B by inner products. Shapes: A m x k, B k x n. Precondition: the inner sizes agree.
[[nodiscard]] inline Matrix<double> small_product(const Matrix<double>& a, const Matrix<double>& b) {
  return a.lazyProduct(b);
}

/// A B C, from the right. Shapes: as small_product.
[[nodiscard]] inline Matrix<double> small_product(const Matrix<double>& a, const Matrix<double>& b,
                                                  const Matrix<double>& c) {
  return small_product(a, small_product(b, c));
}

/// tr(A B) in as many products as A has entries. Shapes: A m x n, B n x m.
[[nodiscard]] inline double trace_of_product(const Matrix<double>& a, const Matrix<double>& b) {
  return a.cwiseProduct(b.transpose()).sum();
}

}  // namespace vantage

#endif
