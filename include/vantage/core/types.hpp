// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_TYPES_HPP
#define VANTAGE_CORE_TYPES_HPP

#include <Eigen/Core>

#if !EIGEN_VERSION_AT_LEAST(3, 4, 0)
#error "vantage needs Eigen 3.4 or newer"
#endif

#ifdef EIGEN_DEFAULT_TO_ROW_MAJOR
#error "vantage's matrices lie column by column, a sample each: EIGEN_DEFAULT_TO_ROW_MAJOR would mix the samples up"
#endif

// -ffast-math, -Ofast, -ffinite-math-only
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "fast math removes the checks for NaN by which vantage finds faults and divergence: add -fno-finite-math-only"
#endif

namespace vantage {

/// Sizes and positions, signed as Eigen's.
using Index = Eigen::Index;

/// A column of numbers.
template <class S>
using Vector = Eigen::Matrix<S, Eigen::Dynamic, 1>;

/// Column-major; a column is one sample.
template <class S>
using Matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;

/// A view of neighbouring numbers, to write to: a vector, a column or a segment of one.
template <class S>
using VectorRef = Eigen::Ref<Vector<S>>;
/// The same to read, taken without a copy.
template <class S>
using ConstVectorRef = const Eigen::Ref<const Vector<S>>&;

/// A view of contiguous columns, possibly a block of columns or of rows of a larger matrix.
template <class S>
using MatrixRef = Eigen::Ref<Matrix<S>, 0, Eigen::OuterStride<>>;
template <class S>
using ConstMatrixRef = const Eigen::Ref<const Matrix<S>, 0, Eigen::OuterStride<>>&;

}  // namespace vantage

#endif
