// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_LYAPUNOV_EQUATION_HPP
#define VANTAGE_TABULAR_LYAPUNOV_EQUATION_HPP

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/tabular/small_matrices.hpp"

namespace vantage {

/// Solves P = Q + F' P F for small matrices, by doubling: after k rounds P holds the first 2^k terms of
///
///     P = sum_t (F')^t Q F^t
///
/// Shapes: F, Q, P n x n. Throws: std::invalid_argument, in the name of `who`, where the sum diverges: F has an
/// eigenvalue of modulus 1 or more. Cost: O(n^3) a round, some ten of them.
[[nodiscard]] inline Matrix<double> solve_lyapunov(const char* who, Matrix<double> f, const Matrix<double>& q) {
  Matrix<double> p = q;
  for (int round = 0; round < 64 && f.allFinite() && f.squaredNorm() > 0; ++round) {
    p += small_product(f.transpose(), p, f);
    f = small_product(f, f);
  }
  require(p.allFinite() && f.allFinite() && f.norm() < 1e-9, who, "a policy whose discounted cost is finite", f.norm());
  return p;
}

}  // namespace vantage

#endif
