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
  clip_and_rescale
};

inline constexpr std::array<std::string_view, 3> kActionMapNames{"none", "clip", "clip_and_rescale"};

/// Whether a task has an action component with two finite bounds, onto which one can rescale.
[[nodiscard]] inline bool can_rescale(const EnvironmentSpec& spec) {
  return ((spec.action_high - spec.action_low).array() < std::numeric_limits<double>::infinity()).any();
}

/// Throws: std::invalid_argument for clip_and_rescale where no component has two finite bounds, or the actions are
/// discrete.
inline void validate(ActionMap map, const EnvironmentSpec& spec) {
  require(map != ActionMap::clip_and_rescale || !spec.is_discrete(), "ActionMap::clip_and_rescale",
          "a task with continuous actions", spec.name);
  require(map != ActionMap::clip_and_rescale || can_rescale(spec), "ActionMap::clip_and_rescale",
          "a task with an action component of finite bounds", spec.name);
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
      for (Index i = 0; i < action.size(); ++i) {
        const double width = high[i] - low[i];
        action[i] = width < std::numeric_limits<double>::infinity()
                        ? low[i] + 0.5 * (std::clamp(action[i], -1.0, 1.0) + 1.0) * width
                        : std::clamp(action[i], low[i], high[i]);
      }
      break;
  }
}

/// Whether a raw action is one of 0 .. count - 1; what is not a number is not.
template <class S>
[[nodiscard]] bool is_discrete_action(S raw, Index count) {
  return raw >= S(0) && raw < static_cast<S>(count) && std::floor(raw) == raw;
}

}  // namespace vantage

#endif
