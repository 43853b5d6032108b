// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_LANDSCAPE_PLANE_HPP
#define VANTAGE_DIAGNOSTICS_LANDSCAPE_PLANE_HPP

#include <cmath>
#include <cstdint>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"

namespace vantage {

/// A plane in the space of parameters, or a line where there is no second direction:
///
///     theta(x, y) = origin + x first + y second
///
/// Shapes: all P; second P or 0.
struct LandscapePlane {
  Vector<double> origin;  ///< the parameters at (0, 0)
  Vector<double> first;   ///< such as the step of an update, theta' - theta
  Vector<double> second;  ///< such as a random direction; empty: a line

  /// theta(x, y), in the scalar of a model. Formed in double, so that in single precision the ends of a step are met to
  /// the bit. Throws: std::invalid_argument for other sizes, or a y on a line.
  template <class S>
  [[nodiscard]] Vector<S> at(double x, double y = 0) const {
    constexpr const char* kWho = "LandscapePlane";
    require(first.size() == origin.size(), kWho, "a first direction as long as the origin", first.size());
    require(second.size() == origin.size() || second.size() == 0, kWho, "a second direction as long as the origin",
            second.size());
    require(second.size() > 0 || y == 0, kWho, "y = 0 on a line", y);
    Vector<double> theta = origin;
    if (x != 0) theta += x * first;
    if (y != 0) theta += y * second;
    return theta.template cast<S>();
  }
};

/// The line with x = 0 at `from` and x = 1 at `to`. Shapes: P both. Throws: std::invalid_argument for other sizes.
template <class S>
[[nodiscard]] LandscapePlane line_between(const Vector<S>& from, const Vector<S>& to) {
  require(from.size() == to.size(), "line_between", "two points of one size", to.size());
  const Vector<double> origin = from.template cast<double>();
  return {.origin = origin, .first = to.template cast<double>() - origin, .second = {}};
}

/// A direction at another length, such as a gradient at that of a step.
/// Throws: std::invalid_argument for a direction that is zero or not finite, or a norm that is not finite and > 0.
[[nodiscard]] inline Vector<double> with_norm(const Vector<double>& direction, double norm) {
  const double length = direction.norm();
  require(length > 0 && std::isfinite(length), "with_norm", "a finite direction that is not zero", length);
  require(norm > 0 && std::isfinite(norm), "with_norm", "a finite norm > 0", norm);
  return direction * (norm / length);
}

/// norm u / |u| with u ~ N(0, I). Throws: std::invalid_argument for size < 1 or a norm that is not finite and > 0.
/// Source: Ilyas et al. 2020, arXiv 1811.02553 section 2.3 (norm 2).
[[nodiscard]] inline Vector<double> random_direction(Index size, double norm = 2, std::uint64_t seed = 0) {
  require(size >= 1, "random_direction", "size >= 1", size);
  Rng rng(seed, StreamPurpose::landscape);
  Vector<double> direction(size);
  for (double& number : direction) number = rng.normal();
  return with_norm(direction, norm);
}

}  // namespace vantage

#endif
