// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_WEIGHT_CLIP_HPP
#define VANTAGE_EPVF_WEIGHT_CLIP_HPP

#include <type_traits>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// Parameters of policies stay within [-c, c], so that a value function of them has little to extrapolate to.
/// Source: Bohlinger and Peters 2025 (arXiv 2502.11949), with c = 0.1.
struct WeightClip {
  double bound = 0.1;   ///< c; 0: none
  bool centre = true;   ///< clip the policy after each step of its ascent
  bool samples = true;  ///< clip the perturbed policies before they are played
};

/// Throws: std::invalid_argument for a negative bound.
inline void validate(const WeightClip& clip) { require(clip.bound >= 0, "WeightClip", "bound >= 0", clip.bound); }

/// Clips every entry of a vector or matrix of parameters, of any precision, to c as that precision rounds it. What is
/// not a number stays so.
template <class Parameters>
void clip_weights(const WeightClip& clip, Parameters&& parameters) {
  using S = typename std::decay_t<Parameters>::Scalar;
  if (clip.bound == 0) return;
  const S high = static_cast<S>(clip.bound);
  const S low = -high;
  for (Index column = 0; column < parameters.cols(); ++column) {
    for (Index row = 0; row < parameters.rows(); ++row) {
      S& entry = parameters.coeffRef(row, column);
      entry = entry < low ? low : entry > high ? high : entry;
    }
  }
}

/// Share of the entries that lie at the bound; 0 where there is none.
template <class S>
[[nodiscard]] double boundary_share(const WeightClip& clip, const Vector<S>& parameters) {
  if (clip.bound == 0 || parameters.size() == 0) return 0;
  const auto at_bound = (parameters.array().abs() >= static_cast<S>(clip.bound)).count();
  return static_cast<double>(at_bound) / static_cast<double>(parameters.size());
}

}  // namespace vantage

#endif
