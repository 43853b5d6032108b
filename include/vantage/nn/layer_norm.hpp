// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_LAYER_NORM_HPP
#define VANTAGE_NN_LAYER_NORM_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "vantage/core/types.hpp"
#include "vantage/nn/dense_kernel.hpp"
#include "vantage/nn/lanes.hpp"

namespace vantage {

/// Added to the variance: a layer whose units are all equal becomes its offsets.
inline constexpr double kLayerNormEpsilon = 1e-5;

/// Layer normalisation, and what its derivatives need of the last forward pass: each sample's units are shifted and
/// scaled to mean 0 and variance 1, then given an offset b and a gain g a unit,
///
///     z = (a - mean(a)) / sqrt(variance(a) + epsilon),   y = g z + b
///
/// with mean and variance over the units. The bits of a column do not depend on the other columns. Storage only grows.
/// Shapes: a, y, z (units x n, without gaps), g and b (units).
/// Source: Ba, Kiros and Hinton 2016 (arXiv 1607.06450), equation 4.
template <class S>
class LayerNorm {
 public:
  /// h = y of a = h.
  void forward(Index units, Index columns, const S* gain, const S* offset, S* h) {
    units_ = units;
    columns_ = columns;
    if (normalized_.size() < units * columns) normalized_.resize(units * columns);
    if (inverse_deviations_.size() < columns) inverse_deviations_.resize(columns);
    for (Index n = 0; n < columns; ++n) {
      S* const a = h + n * units;
      S* const z = normalized_.data() + n * units;
      const S mean = detail::inner_product<S>(units, a, nullptr) / static_cast<S>(units);
      each([&](Index i, std::size_t bytes)
               __attribute__((always_inline)) { store(z + i, load(a + i, bytes) - mean, bytes); });
      const S variance = detail::inner_product<S>(units, z, z) / static_cast<S>(units);
      const S inverse = S(1) / std::sqrt(variance + static_cast<S>(kLayerNormEpsilon));
      inverse_deviations_[n] = inverse;
      each([&](Index i, std::size_t bytes) __attribute__((always_inline)) {
        const Lane normalized = load(z + i, bytes) * inverse;
        store(z + i, normalized, bytes);
        store(a + i, load(gain + i, bytes) * normalized + load(offset + i, bytes), bytes);
      });
    }
  }

  /// d = (dy/da)^T d, and adds (dy/dg)^T d and (dy/db)^T d, summed over the columns, to where they go; null: nowhere.
  void backward(const S* gain, S* d, S* gain_gradient, S* offset_gradient) const {
    for (Index n = 0; n < columns_; ++n) {
      S* const slope = d + n * units_;
      const S* const z = normalized_.data() + n * units_;
      each([&](Index i, std::size_t bytes) __attribute__((always_inline)) {
        const Lane outward = load(slope + i, bytes);
        if (gain_gradient != nullptr) {
          store(gain_gradient + i, load(gain_gradient + i, bytes) + outward * load(z + i, bytes), bytes);
          store(offset_gradient + i, load(offset_gradient + i, bytes) + outward, bytes);
        }
        store(slope + i, outward * load(gain + i, bytes), bytes);
      });
      project(n, slope);
    }
  }

  /// t = (dy/da) t + (dy/dg) gain_direction + (dy/db) offset_direction.
  void tangent(const S* gain, const S* gain_direction, const S* offset_direction, S* t) const {
    for (Index n = 0; n < columns_; ++n) {
      S* const change = t + n * units_;
      const S* const z = normalized_.data() + n * units_;
      project(n, change);
      each([&](Index i, std::size_t bytes) __attribute__((always_inline)) {
        const Lane along = load(gain + i, bytes) * load(change + i, bytes);
        store(change + i,
              along + load(gain_direction + i, bytes) * load(z + i, bytes) + load(offset_direction + i, bytes), bytes);
      });
    }
  }

 private:
  using Lane = typename detail::Lanes<S>::Type;

  static Lane load(const S* from, std::size_t bytes) __attribute__((always_inline)) {
    return detail::load_lanes<S>(from, bytes);
  }
  static void store(S* to, Lane lanes, std::size_t bytes) __attribute__((always_inline)) {
    detail::store_lanes<S>(to, lanes, bytes);
  }

  // calls visit(first unit, bytes) for all vectors of a column: whole ones, which the compiler sees, then the rest
  template <class Visit>
  void each(Visit&& visit) const {
    constexpr Index kLanes = detail::Lanes<S>::kCount;
    Index i = 0;
    for (; i + kLanes <= units_; i += kLanes) visit(i, std::size_t{detail::kVectorBytes});
    if (i < units_) visit(i, static_cast<std::size_t>(units_ - i) * sizeof(S));
  }

  // v = (dz/da) v, a symmetric matrix: (v - mean(v) - z mean(z v)) / deviation
  void project(Index n, S* v) const {
    const S* const z = normalized_.data() + n * units_;
    const S mean = detail::inner_product<S>(units_, v, nullptr) / static_cast<S>(units_);
    const S along = detail::inner_product<S>(units_, z, v) / static_cast<S>(units_);
    const S inverse = inverse_deviations_[n];
    each([&](Index i, std::size_t bytes) __attribute__((always_inline)) {
      store(v + i, (load(v + i, bytes) - mean - load(z + i, bytes) * along) * inverse, bytes);
    });
  }

  Index units_ = 0;
  Index columns_ = 0;
  Vector<S> normalized_;          // z
  Vector<S> inverse_deviations_;  // of each column
};

}  // namespace vantage

#endif
