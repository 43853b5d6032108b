// SPDX-License-Identifier: MIT
#ifndef VANTAGE_OPTIM_GRADIENT_CLIP_HPP
#define VANTAGE_OPTIM_GRADIENT_CLIP_HPP

#include "vantage/core/types.hpp"

namespace vantage {

/// Scales a gradient down to Euclidean norm `max_norm` if it is longer, and returns the norm it had:
///   g <- g min(1, max_norm / |g|).
/// max_norm <= 0 or infinite means no limit. A norm that is not a number changes nothing: the caller sees it in the
/// result.
template <class S>
S clip_gradient_norm(Vector<S>& gradient, double max_norm) {
  const S norm = gradient.norm();
  const S limit = static_cast<S>(max_norm);
  if (limit > 0 && norm > limit) gradient *= limit / norm;
  return norm;
}

}  // namespace vantage

#endif
