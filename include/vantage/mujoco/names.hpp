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

/// Throws: std::invalid_argument that lists the names there are.
inline int find_id(const mjModel& model, mjtObj type, const char* kind, const std::string& name, Index count) {
  const int id = mj_name2id(&model, type, name.c_str());
  if (id >= 0) return id;
  std::string known;
  for (int i = 0; i < static_cast<int>(count); ++i) {
    const char* other = mj_id2name(&model, type, i);
    if (other != nullptr) known += (known.empty() ? "" : ", ") + std::string(other);
  }
  throw std::invalid_argument(vantage::detail::join(kind, ": expected one of {", known, "}, got ", name));
}

}  // namespace detail

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

/// Where a joint's numbers start in qpos, and in qvel.
[[nodiscard]] inline int position_index(const mjModel& model, const std::string& joint) {
  return model.jnt_qposadr[joint_id(model, joint)];
}
[[nodiscard]] inline int velocity_index(const mjModel& model, const std::string& joint) {
  return model.jnt_dofadr[joint_id(model, joint)];
}

}  // namespace vantage::mujoco

#endif
