// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_HIDDEN_STATE_HPP
#define VANTAGE_MUJOCO_HIDDEN_STATE_HPP

#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "vantage/core/error.hpp"

namespace vantage::mujoco {

namespace detail {

struct TrustedPlugins {
  std::mutex mutex;
  // of MuJoCo's own, what is in plugin_data follows from the model, or is there for pictures
  std::set<std::string> names{
      "mujoco.elasticity.cable", "mujoco.pid",     "mujoco.sdf.bolt",  "mujoco.sdf.bowl",
      "mujoco.sdf.gear",         "mujoco.sdf.nut", "mujoco.sdf.torus", "mujoco.sensor.touch_grid"};
};

inline TrustedPlugins& trusted_plugins() {
  static TrustedPlugins trusted;
  return trusted;
}

}  // namespace detail

/// Declares that an engine plugin changes nothing outside plugin_state after its start, so that environments with it
/// may share work spaces.
inline void trust_plugin(const std::string& name) {
  detail::TrustedPlugins& trusted = detail::trusted_plugins();
  const std::lock_guard lock(trusted.mutex);
  trusted.names.insert(name);
}

/// What such a model makes MuJoCo remember from step to step where IntegrationState does not reach, and what helps;
/// empty: nothing. Such memory would leak between environments that share a work space, and no checkpoint would hold
/// it. Pre: `data` is of the model.
/// Source: MuJoCo 4.0.1's documentation of mjb_makeBatch, which refuses the same, and of the flag ipc; the noise of
/// sensors, until 3.1.3, comes from one stream of the whole process.
[[nodiscard]] inline std::string find_hidden_state(const mjModel& model, const mjData& data) {
  using Reason = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Reason, 3> flags{
      Reason{"Sleep",
             "sleep=\"enable\"/>, with which MuJoCo keeps outside the state what sleeps and since when; leave "
             "the flag out"},
      Reason{"IPC", "ipc=\"enable\"/>, with which MuJoCo keeps contact forces outside the state; leave the flag out"},
      Reason{"Sensornoise",
             "sensornoise=\"enable\"/>, with which MuJoCo draws from one stream for the whole process; "
             "add noise in the observation"}};
  // by name: the bits move from version to version
  for (int bit = 0; bit < mjNENABLE; ++bit) {
    if ((model.opt.enableflags & (1 << bit)) == 0) continue;
    const std::string_view name = mjENABLESTRING[bit];
    const auto* const reason =
        std::find_if(flags.begin(), flags.end(), [&](const Reason& r) { return r.first == name; });
    if (reason != flags.end()) return "<flag " + std::string(reason->second);
  }
#if mjVERSION_HEADER >= 230
  detail::TrustedPlugins& trusted = detail::trusted_plugins();
  const std::lock_guard lock(trusted.mutex);
  for (int i = 0; i < static_cast<int>(model.nplugin); ++i) {
    const mjpPlugin* const plugin = mjp_getPluginAtSlot(model.plugin[i]);
    if (data.plugin_data[i] == 0 || plugin == nullptr || trusted.names.contains(plugin->name)) continue;
    return vantage::detail::join("the plugin ", plugin->name,
                                 ", which has data outside plugin_state; if they never change after its start, say so "
                                 "with trust_plugin(\"",
                                 plugin->name, "\")");
  }
#else
  static_cast<void>(data);
#endif
  return {};
}

}  // namespace vantage::mujoco

#endif
