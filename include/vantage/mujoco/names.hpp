// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_NAMES_HPP
#define VANTAGE_MUJOCO_NAMES_HPP

#include <mujoco/mujoco.h>

#include <stdexcept>
#include <string>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"

namespace vantage::mujoco {

namespace detail {

/// The names that there are of a kind of things, "torso, thigh, leg".
[[nodiscard]] inline std::string known_names(const mjModel& model, mjtObj type, Index count) {
  std::string known;
  for (int i = 0; i < static_cast<int>(count); ++i) {
    const char* name = mj_id2name(&model, type, i);
    if (name != nullptr) known += (known.empty() ? "" : ", ") + std::string(name);
  }
  return known;
}

/// Throws: std::invalid_argument that lists the names there are.
inline int find_id(const mjModel& model, mjtObj type, const char* kind, const std::string& name, Index count) {
  const int id = mj_name2id(&model, type, name.c_str());
  if (id >= 0) return id;
  throw std::invalid_argument(
      vantage::detail::join(kind, ": expected one of {", known_names(model, type, count), "}, got ", name));
}

}  // namespace detail

/// Whether a text that stands for a thing of a model is its number, not its name.
[[nodiscard]] inline bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 9 && text.find_first_not_of("0123456789") == std::string::npos;
}

/// The number of the body, joint, geom, site, sensor, actuator or camera with this name. Look it up once, not at every
/// step. Throws: std::invalid_argument that lists the names there are.
[[nodiscard]] inline int body_id(const mjModel& model, const std::string& name) {
  return detail::find_id(model, mjOBJ_BODY, "body", name, model.nbody);
}
[[nodiscard]] inline int joint_id(const mjModel& model, const std::string& name) {
  return detail::find_id(model, mjOBJ_JOINT, "joint", name, model.njnt);
}
[[nodiscard]] inline int geom_id(const mjModel& model, const std::string& name) {
  return detail::find_id(model, mjOBJ_GEOM, "geom", name, model.ngeom);
}
[[nodiscard]] inline int site_id(const mjModel& model, const std::string& name) {
  return detail::find_id(model, mjOBJ_SITE, "site", name, model.nsite);
}
[[nodiscard]] inline int sensor_id(const mjModel& model, const std::string& name) {
  return detail::find_id(model, mjOBJ_SENSOR, "sensor", name, model.nsensor);
}
[[nodiscard]] inline int actuator_id(const mjModel& model, const std::string& name) {
  return detail::find_id(model, mjOBJ_ACTUATOR, "actuator", name, model.nu);
}
[[nodiscard]] inline int camera_id(const mjModel& model, const std::string& name) {
  return detail::find_id(model, mjOBJ_CAMERA, "camera", name, model.ncam);
}

/// The number of the keyframe with this name or number. Throws: std::invalid_argument that lists the names there are.
[[nodiscard]] inline int keyframe_id(const mjModel& model, const std::string& name) {
  const int id = is_number(name) ? std::stoi(name) : mj_name2id(&model, mjOBJ_KEY, name.c_str());
  if (0 <= id && id < static_cast<int>(model.nkey)) return id;
  throw std::invalid_argument(vantage::detail::join("keyframe: expected one of {",
                                                    detail::known_names(model, mjOBJ_KEY, model.nkey),
                                                    "} or a number below ", model.nkey, ", got ", name));
}

/// Where a joint's numbers start in qpos, and in qvel.
[[nodiscard]] inline int position_index(const mjModel& model, const std::string& joint) {
  return model.jnt_qposadr[joint_id(model, joint)];
}
[[nodiscard]] inline int velocity_index(const mjModel& model, const std::string& joint) {
  return model.jnt_dofadr[joint_id(model, joint)];
}

}  // namespace vantage::mujoco

#endif
