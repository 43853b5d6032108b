// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_WEIGHT_CLIP_HPP
#define VANTAGE_EPVF_WEIGHT_CLIP_HPP

#include <algorithm>
#include <type_traits>

#include "vantage/core/context.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// Box that a policy's parameters are held in: a value function of parameters is asked only where it can have learned.
struct WeightClip {
  double bound = 0.1;   ///< of the absolute value of each parameter; 0: none
  bool centre = true;   ///< after each step of the policy
  bool samples = true;  ///< also the perturbed policies that are played
};

/// w <- min(max(w, -bound), bound) for each entry of a vector or matrix, the bound rounded to its scalar. What is not a
/// number stays so.
template <class Derived>
void clip_weights(const WeightClip& clip, Eigen::DenseBase<Derived>& weights) {
  using S = typename Derived::Scalar;
  if (!(clip.bound > 0)) return;
  const S high = static_cast<S>(clip.bound);
  const S low = -high;
  for (Index column = 0; column < weights.cols(); ++column) {
    for (Index row = 0; row < weights.rows(); ++row) {
      S& weight = weights.coeffRef(row, column);
      weight = weight < low ? low : high < weight ? high : weight;
    }
  }
}

/// The same for a policy a column, on all workers.
template <class Thetas>
void clip_weights(const WeightClip& clip, Thetas&& thetas, Context& context) {
  context.pool().run(thetas.cols(), [&](Index i, Index) {
    auto theta = thetas.col(i);
    clip_weights(clip, theta);
  });
}

/// Share of the parameters that lie at the bound or beyond; 0 where there is none.
template <class S>
[[nodiscard]] double boundary_share(const WeightClip& clip, const Vector<S>& weights) {
  if (!(clip.bound > 0) || weights.size() == 0) return 0;
  const S bound = static_cast<S>(clip.bound);
  return static_cast<double>((weights.array().abs() >= bound).count()) / static_cast<double>(weights.size());
}

}  // namespace vantage

#endif
