// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_CURVATURE_HPP
#define VANTAGE_DIAGNOSTICS_CURVATURE_HPP

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// The product of a symmetric matrix with a vector, from gradients: H v by central differences,
///
///     H v ~ (g(theta + e v / |v|) - g(theta - e v / |v|)) |v| / (2 e)
///
/// `gradient(const Vector<double>& theta) -> Vector<double>`. `step`: e, in the units of the parameters; the error is
/// O(e^2) of the third derivative and O(1 / e) of rounding. Shapes: theta, v, result P.
/// Throws: std::invalid_argument unless step > 0.
template <std::invocable<const Vector<double>&> Gradient>
[[nodiscard]] auto hessian_product(Gradient gradient, Vector<double> theta, double step = 1e-4) {
  require(step > 0 && std::isfinite(step), "hessian_product", "finite step > 0", step);
  return [gradient = std::move(gradient), theta = std::move(theta), step](const Vector<double>& v) -> Vector<double> {
    const double norm = v.norm();
    if (norm == 0) return Vector<double>::Zero(v.size());
    const Vector<double> moved = v * (step / norm);
    const Vector<double> plus = gradient(Vector<double>(theta + moved));
    const Vector<double> minus = gradient(Vector<double>(theta - moved));
    return (plus - minus) * (norm / (2 * step));
  };
}

/// How leading_curvature searches.
struct LanczosOptions {
  Index eigenvalues = 5;    ///< how many are asked for, those of the largest modulus
  Index iterations = 80;    ///< at most; each is a product. No more than the size of the matrix are made
  double tolerance = 1e-6;  ///< residual |H v - lambda v| over the largest |lambda|, for all that are asked for
  std::uint64_t seed = 0;   ///< of the first vector
};

/// Leading eigenvalues of a symmetric matrix.
struct Curvature {
  Vector<double> eigenvalues;   ///< k, by falling modulus
  Matrix<double> eigenvectors;  ///< P x k, of length one
  Vector<double> residuals;     ///< k, |H v - lambda v|
  Index iterations = 0;         ///< products that were made

  /// |V' g|^2 / |g|^2: how much of a gradient lies in the directions found. In [0, 1].
  /// Throws: std::invalid_argument for another size or a gradient that is zero or not finite.
  [[nodiscard]] double share_of(const Vector<double>& gradient) const {
    require(gradient.size() == eigenvectors.rows(), "Curvature::share_of", "a gradient as long as the eigenvectors",
            gradient.size());
    const double square = gradient.squaredNorm();
    require(square > 0 && std::isfinite(square), "Curvature::share_of", "a finite gradient that is not zero", square);
    return (eigenvectors.transpose() * gradient).squaredNorm() / square;
  }
};

/// Eigenvalues of the largest modulus of a symmetric matrix that is known by its products, `product(const
/// Vector<double>&) -> Vector<double>`: Lanczos's method with full reorthogonalisation, so that none is found twice.
///
/// Shapes: vectors P. Throws: std::invalid_argument for impossible options; std::runtime_error for a product that is
/// not finite. Where `residuals` exceed the tolerance, more iterations are needed. Cost: O(P iterations^2) and a
/// product an iteration. Source: Golub and Van Loan, Matrix Computations, section 10.3; Ghorbani et al. 2019, arXiv
/// 1901.10159.
template <std::invocable<const Vector<double>&> Product>
[[nodiscard]] Curvature leading_curvature(Product&& product, Index size, const LanczosOptions& options = {}) {
  constexpr const char* kWho = "leading_curvature";
  require(size >= 1, kWho, "a matrix of size >= 1", size);
  require(options.eigenvalues >= 1 && options.eigenvalues <= size, kWho, "eigenvalues from 1 to the size",
          options.eigenvalues);
  require(options.iterations >= options.eigenvalues, kWho, "iterations >= eigenvalues", options.iterations);
  require(options.tolerance > 0, kWho, "tolerance > 0", options.tolerance);
  const Index most = std::min(options.iterations, size);
  Rng rng(options.seed);
  Matrix<double> basis(size, most);
  Matrix<double> tridiagonal = Matrix<double>::Zero(most, most);
  // orthogonal to the first `count` columns, twice for the sake of rounding
  const auto orthogonalize = [&](Vector<double>& v, Index count) {
    for (int pass = 0; pass < 2; ++pass) {
      v -= basis.leftCols(count) * Vector<double>(basis.leftCols(count).transpose() * v);
    }
  };
  Vector<double> next(size);
  const auto draw = [&](Index count) {
    for (double& entry : next) entry = rng.normal();
    orthogonalize(next, count);
    next.normalize();
  };
  draw(0);
  Curvature result;
  for (Index k = 0; k < most; ++k) {
    basis.col(k) = next;
    next = product(Vector<double>(basis.col(k)));
    if (!next.allFinite()) throw std::runtime_error(detail::join(kWho, ": expected a finite product, got others"));
    tridiagonal(k, k) = basis.col(k).dot(next);
    orthogonalize(next, k + 1);
    double coupling = next.norm();
    const Index found = k + 1;
    const Eigen::SelfAdjointEigenSolver<Matrix<double>> solver(tridiagonal.topLeftCorner(found, found));
    const double largest = solver.eigenvalues().cwiseAbs().maxCoeff();
    // what is left is rounding: the space is invariant, and the search goes on outside of it
    if (coupling <= 1e-12 * std::max(largest, std::numeric_limits<double>::min())) coupling = 0;

    const Index wanted = std::min(options.eigenvalues, found);
    Vector<Index> order = Vector<Index>::LinSpaced(found, 0, found - 1);
    std::sort(order.begin(), order.end(),
              [&](Index a, Index b) { return std::abs(solver.eigenvalues()[a]) > std::abs(solver.eigenvalues()[b]); });
    result.iterations = found;
    result.eigenvalues.resize(wanted);
    result.residuals.resize(wanted);
    for (Index i = 0; i < wanted; ++i) {
      result.eigenvalues[i] = solver.eigenvalues()[order[i]];
      result.residuals[i] = std::abs(coupling * solver.eigenvectors()(k, order[i]));
    }
    const bool done =
        found > options.eigenvalues && coupling > 0 && result.residuals.maxCoeff() <= options.tolerance * largest;
    if (done || found == most) {
      result.eigenvectors.resize(size, wanted);
      for (Index i = 0; i < wanted; ++i) {
        result.eigenvectors.col(i) = basis.leftCols(found) * solver.eigenvectors().col(order[i]);
      }
      break;
    }
    tridiagonal(k, k + 1) = tridiagonal(k + 1, k) = coupling;
    if (coupling > 0) {
      next /= coupling;
    } else {
      draw(found);
    }
  }
  return result;
}

}  // namespace vantage

#endif
