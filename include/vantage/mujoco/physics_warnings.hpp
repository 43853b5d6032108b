// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_PHYSICS_WARNINGS_HPP
#define VANTAGE_MUJOCO_PHYSICS_WARNINGS_HPP

#include <mujoco/mujoco.h>

#include <array>
#include <cstdio>
#include <mutex>
#include <set>
#include <string>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage::mujoco {

/// The warnings after which MuJoCo goes on with other physics than the model's: it counts them, and says no more.
inline constexpr std::array kPhysicsWarnings{mjWARN_CONTACTFULL, mjWARN_CNSTRFULL, mjWARN_INERTIA};

/// Sets MuJoCo's counters of all warnings to 0.
inline void clear_warnings(mjData& data) {
  for (mjWarningStat& warning : data.warning) warning.number = 0;
}

/// How often they were raised since the counters were cleared.
[[nodiscard]] inline Index count_physics_warnings(const mjData& data) {
  Index count = 0;
  for (const mjtWarning warning : kPhysicsWarnings) count += data.warning[warning].number;
  return count;
}

/// What those that were raised mean and what helps, in one sentence each; empty if there were none.
[[nodiscard]] inline std::string describe_physics_warnings(const mjModel& model, const mjData& data) {
#if mjVERSION_HEADER >= 300
  const std::string buffers = vantage::detail::join("give the model more memory (<size memory=\"...\"/>, now ",
                                                    static_cast<long long>(model.narena) / 1024, "K)");
#else
  const std::string buffers =
      vantage::detail::join("give the model larger ones (<size nconmax=\"...\" njmax=\"...\"/>, now ", model.nconmax,
                            " and ", model.njmax, ")");
#endif
  std::string text;
  const auto add = [&](mjtWarning warning, const std::string& meaning) {
    if (data.warning[warning].number > 0) text += (text.empty() ? "" : " ") + meaning;
  };
  add(mjWARN_CONTACTFULL, "MuJoCo leaves contacts out, because the buffer of contacts is full: " + buffers + ".");
  add(mjWARN_CNSTRFULL, "MuJoCo leaves constraints out, because the buffer of constraints is full: " + buffers + ".");
  add(mjWARN_INERTIA,
      "MuJoCo replaces an inertia matrix that is almost singular: give the bodies more mass or inertia, or the joints "
      "armature.");
  return text;
}

/// Writes "vantage: <who>: <text>" to standard error, the same words once a process.
inline void say_once(const std::string& who, const std::string& text) {
  static std::mutex mutex;
  static std::set<std::string> said;
  const std::lock_guard lock(mutex);
  if (said.insert(who + ": " + text).second) std::fprintf(stderr, "vantage: %s: %s\n", who.c_str(), text.c_str());
}

}  // namespace vantage::mujoco

#endif
