// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_MODEL_NEEDS_HPP
#define VANTAGE_MUJOCO_MODEL_NEEDS_HPP

#include <mujoco/mujoco.h>

#include <array>
#include <stdexcept>
#include <string>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/mujoco/names.hpp"

namespace vantage::mujoco {

/// What a task reads of a model, whoever wrote it: with less it would read past the end.
struct ModelNeeds {
  Index positions = 0;                      ///< least nq
  Index velocities = 0;                     ///< least nv
  Index bodies = 0;                         ///< least number beside the world
  Index sites = 0;                          ///< least number
  bool free_root = false;                   ///< the first joint is free
  const char* meaning = "";                 ///< what the numbers are taken for
  std::array<const char*, 3> body_names{};  ///< bodies that the task looks up
};

namespace detail {

/// "1 body", "2 bodies"
template <class Count>
[[nodiscard]] std::string counted(Count count, const char* one, const char* many) {
  return vantage::detail::join(static_cast<Index>(count), ' ', count == 1 ? one : many);
}

/// What a model is called and has.
[[nodiscard]] inline std::string describe_model(const mjModel& model) {
  constexpr std::array<const char*, 4> joints{"free", "a ball", "a slide", "a hinge"};
  const std::string first =
      model.njnt == 0 ? "no joint"
                      : std::string("the first joint is ") + joints[static_cast<std::size_t>(model.jnt_type[0])];
  return vantage::detail::join(
      '"', model.names, "\" with ", counted(model.nq, "position", "positions"), ", ",
      counted(model.nv, "velocity", "velocities"), ", ", counted(model.nu, "actuator", "actuators"), ", ",
      counted(model.nbody - 1, "body", "bodies"), ", ", counted(model.nsite, "site", "sites"), "; ", first);
}

}  // namespace detail

/// Throws: std::invalid_argument "<who>: expected a model with <needs>, got <model>" unless the model has what is
/// needed, and an actuator.
inline void require_model(const mjModel& model, const ModelNeeds& needs, const std::string& who) {
  bool fits = model.nu >= 1 && model.nq >= needs.positions && model.nv >= needs.velocities &&
              model.nbody > needs.bodies && model.nsite >= needs.sites;
  std::string expected = model.nu >= 1 ? "an actuator" : "an actuator (load_urdf adds them to a URDF)";
  const auto add = [&](const std::string& what) { expected += ", " + what; };
  if (needs.positions > 0) add(detail::counted(needs.positions, "position", "positions"));
  if (needs.velocities > 0) add(detail::counted(needs.velocities, "velocity", "velocities"));
  if (needs.bodies > 0) add(detail::counted(needs.bodies, "body", "bodies"));
  if (needs.sites > 0) add(detail::counted(needs.sites, "site", "sites"));
  if (needs.free_root) {
    fits = fits && model.njnt >= 1 && model.jnt_type[0] == mjJNT_FREE;
    add("a free first joint");
  }
  std::string missing;
  for (const char* const name : needs.body_names) {
    if (name == nullptr) break;
    add(std::string("a body \"") + name + '"');
    if (mj_name2id(&model, mjOBJ_BODY, name) < 0) missing += std::string(", no body \"") + name + '"';
  }
  if (fits && missing.empty()) return;
  if (!missing.empty()) missing += " among {" + detail::known_names(model, mjOBJ_BODY, model.nbody) + "}";
  const std::string meaning = *needs.meaning == '\0' ? "" : vantage::detail::join(" (", needs.meaning, ')');
  throw std::invalid_argument(vantage::detail::join(who, ": expected a model with at least ", expected, meaning,
                                                    ", got ", detail::describe_model(model), missing));
}

}  // namespace vantage::mujoco

#endif
