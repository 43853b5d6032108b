// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_ACTION_MAP_HPP
#define VANTAGE_ENV_ACTION_MAP_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

/// How a policy's raw action becomes an action in the task's own units. A discrete action has no units: it stays as it
/// is.
enum class ActionMap {
  none,  ///< as it is
  clip,  ///< clipped to the task's bounds
  /// A component with two finite bounds is clipped to [-1, 1], then mapped affinely onto them; any other is clipped to
  /// what bound it has, so one without bounds stays as it is.
  clip_and_rescale,
  /// The same with tanh in place of the clip: a Gaussian policy becomes a tanh-squashed one. Ratios, score gradients,
  /// KL divergences and Fisher products of raw actions are those of the task's actions, since the map is one to one and
  /// knows no parameters; densities differ by log_stretch, and the entropy has no closed form: bonuses are of the raw.
  squash_and_rescale
};

/// What options and files call the maps, in the order of ActionMap.
inline constexpr std::array<std::string_view, 4> kActionMapNames{"none", "clip", "clip_and_rescale",
                                                                 "squash_and_rescale"};

/// Whether a map goes onto the task's bounds.
[[nodiscard]] constexpr bool rescales(ActionMap map) {
  return map == ActionMap::clip_and_rescale || map == ActionMap::squash_and_rescale;
}

/// Whether there is an action component with two finite bounds, onto which one can rescale.
[[nodiscard]] inline bool can_rescale(const Vector<double>& low, const Vector<double>& high) {
  for (Index i = 0; i < low.size(); ++i) {
    if (high[i] - low[i] < std::numeric_limits<double>::infinity()) return true;
  }
  return false;
}
[[nodiscard]] inline bool can_rescale(const EnvironmentSpec& spec) {
  return can_rescale(spec.action_low, spec.action_high);
}

/// Throws: std::invalid_argument for a map that rescales where no component has two finite bounds, or the actions are
/// discrete.
inline void validate(ActionMap map, const EnvironmentSpec& spec) {
  if (!rescales(map)) return;
  const char* const who =
      map == ActionMap::clip_and_rescale ? "ActionMap::clip_and_rescale" : "ActionMap::squash_and_rescale";
  require(!spec.is_discrete(), who, "a task with continuous actions", spec.name);
  require(can_rescale(spec), who, "a task with an action component of finite bounds", spec.name);
}

/// Writes the mapped action. A component that is not a number stays so: the environment reports the fault.
/// Shapes: raw A, low A, high A, action A.
template <class S>
void apply(ActionMap map, ConstVectorRef<S> raw, const Vector<double>& low, const Vector<double>& high,
           Vector<double>& action) {
  action = raw.template cast<double>();
  switch (map) {
    case ActionMap::none:
      break;
    case ActionMap::clip:
      for (Index i = 0; i < action.size(); ++i) action[i] = std::clamp(action[i], low[i], high[i]);
      break;
    case ActionMap::clip_and_rescale:
    case ActionMap::squash_and_rescale:
      for (Index i = 0; i < action.size(); ++i) {
        const double width = high[i] - low[i];
        const auto limited = [&](double x) {
          return map == ActionMap::clip_and_rescale ? std::clamp(x, -1.0, 1.0) : std::tanh(x);
        };
        action[i] = width < std::numeric_limits<double>::infinity() ? low[i] + 0.5 * (limited(action[i]) + 1.0) * width
                                                                    : std::clamp(action[i], low[i], high[i]);
      }
      break;
  }
}

/// log |d action / d raw| of squash_and_rescale, so that the density of a task's action is
///
///     log pi(action) = log pi(raw) - log_stretch,    log_stretch = sum_i log((high_i - low_i) (1 - tanh^2 raw_i) / 2)
///
/// over the components with two finite bounds, each by 1 - tanh^2 u = 4 / (e^u + e^-u)^2, which holds its digits far
/// out. Shapes: raw A, low A, high A. Source: Haarnoja et al. 2018 (arXiv 1812.05905), appendix C.
template <class S>
[[nodiscard]] double log_stretch(ConstVectorRef<S> raw, const Vector<double>& low, const Vector<double>& high) {
  double sum = 0;
  for (Index i = 0; i < raw.size(); ++i) {
    const double width = high[i] - low[i];
    const double u = std::abs(static_cast<double>(raw[i]));
    if (width < std::numeric_limits<double>::infinity()) {
      sum += std::log(2 * width) - 2 * (u + std::log1p(std::exp(-2 * u)));
    }
  }
  return sum;
}

/// Writes a raw action that the map takes to this one, for actions that somebody else took: what a clip has lost is its
/// bound, and tanh's bounds, which no raw action reaches, are those of 0.999.
/// Shapes: action A, low A, high A, raw A.
template <class S>
void undo(ActionMap map, ConstVectorRef<double> action, const Vector<double>& low, const Vector<double>& high,
          VectorRef<S> raw) {
  constexpr double kOutmost = 0.999;
  for (Index i = 0; i < action.size(); ++i) {
    const double width = high[i] - low[i];
    double value = action[i];
    if (rescales(map) && width < std::numeric_limits<double>::infinity()) {
      value = width > 0 ? std::clamp(2 * (value - low[i]) / width - 1, -1.0, 1.0) : 0.0;
      if (map == ActionMap::squash_and_rescale) value = std::atanh(std::clamp(value, -kOutmost, kOutmost));
    }
    raw[i] = static_cast<S>(value);
  }
}

/// Whether a raw action is one of 0 .. count - 1; what is not a number is not.
template <class S>
[[nodiscard]] bool is_discrete_action(S raw, Index count) {
  return raw >= S(0) && raw < static_cast<S>(count) && std::floor(raw) == raw;
}

}  // namespace vantage

#endif
