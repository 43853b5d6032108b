// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_SOLVE_LINEAR_HPP
#define VANTAGE_TABULAR_SOLVE_LINEAR_HPP

#include <Eigen/LU>

#include "vantage/core/types.hpp"

namespace vantage {

/// X with A X = B, by LU with partial pivoting; not finite where A is singular. Shapes: A n x n, B and X n x k.
[[nodiscard]] inline Matrix<double> solve_linear(const Matrix<double>& a, const Matrix<double>& b) {
  return a.partialPivLu().solve(b);
}

}  // namespace vantage

#endif
