// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_HANDLES_HPP
#define VANTAGE_MUJOCO_HANDLES_HPP

#include <mujoco/mujoco.h>

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "vantage/mujoco/names.hpp"

namespace vantage::mujoco {

/// Handles know where the numbers of one named thing stand in mjData. Make them once, beside the model; reading costs
/// an address. Constructors throw std::invalid_argument that lists the names there are. Poses, velocities of bodies and
/// sensors are derived fields: after a step they are one substep behind.

/// In world axes. Units: rad/s and m/s.
struct SpatialVelocity {
  Eigen::Vector3d angular;  ///< of the frame
  Eigen::Vector3d linear;   ///< of the frame's origin
};

namespace detail {

inline SpatialVelocity object_velocity(const mjModel& model, const mjData& data, mjtObj type, int id) {
  std::array<double, 6> both;
  mj_objectVelocity(&model, &data, type, id, both.data(), 0);
  return {Eigen::Vector3d(both.data()), Eigen::Vector3d(both.data() + 3)};
}

}  // namespace detail

/// A body.
struct BodyHandle {
  int id;  ///< number of the body

  /// Throws: std::invalid_argument for an unknown name.
  BodyHandle(const mjModel& model, const std::string& name) : id(body_id(model, name)) {}

  /// Of the body's frame. Units: m.
  [[nodiscard]] Eigen::Map<const Eigen::Vector3d> position(const mjData& data) const {
    return Eigen::Map<const Eigen::Vector3d>(data.xpos + 3 * id);
  }
  /// (w, x, y, z), MuJoCo's order.
  [[nodiscard]] Eigen::Map<const Eigen::Vector4d> quaternion(const mjData& data) const {
    return Eigen::Map<const Eigen::Vector4d>(data.xquat + 4 * id);
  }
  /// Column i is the body's axis i in the world.
  [[nodiscard]] Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>> rotation(const mjData& data) const {
    return Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(data.xmat + 9 * id);
  }
  /// Of the frame.
  [[nodiscard]] SpatialVelocity velocity(const mjModel& model, const mjData& data) const {
    return detail::object_velocity(model, data, mjOBJ_XBODY, id);
  }
};

/// A site, a frame fixed to a body.
struct SiteHandle {
  int id;  ///< number of the site

  /// Throws: std::invalid_argument for an unknown name.
  SiteHandle(const mjModel& model, const std::string& name) : id(site_id(model, name)) {}

  /// Units: m.
  [[nodiscard]] Eigen::Map<const Eigen::Vector3d> position(const mjData& data) const {
    return Eigen::Map<const Eigen::Vector3d>(data.site_xpos + 3 * id);
  }
  /// Of the frame.
  [[nodiscard]] SpatialVelocity velocity(const mjModel& model, const mjData& data) const {
    return detail::object_velocity(model, data, mjOBJ_SITE, id);
  }
};

/// A joint's own numbers, never behind. A hinge or slide has one of each, a ball 4 (quaternion) and 3, a free joint 7
/// (position, quaternion) and 6 (linear in world axes, angular in the body's).
struct JointHandle {
  int id;                     ///< number of the joint
  int position_index;         ///< of its first number in qpos
  int velocity_index;         ///< of its first number in qvel
  std::size_t position_size;  ///< how many it has in qpos
  std::size_t velocity_size;  ///< how many it has in qvel

  /// Throws: std::invalid_argument for an unknown name.
  JointHandle(const mjModel& model, const std::string& name)
      : id(joint_id(model, name)),
        position_index(model.jnt_qposadr[id]),
        velocity_index(model.jnt_dofadr[id]),
        position_size(model.jnt_type[id] == mjJNT_FREE   ? 7
                      : model.jnt_type[id] == mjJNT_BALL ? 4
                                                         : 1),
        velocity_size(model.jnt_type[id] == mjJNT_FREE   ? 6
                      : model.jnt_type[id] == mjJNT_BALL ? 3
                                                         : 1) {}

  /// The angle of a hinge, the way of a slide: the first number. Units: rad or m.
  [[nodiscard]] double position(const mjData& data) const { return data.qpos[position_index]; }
  /// Units: rad/s or m/s.
  [[nodiscard]] double velocity(const mjData& data) const { return data.qvel[velocity_index]; }

  /// Its numbers in qpos, to read or to write.
  [[nodiscard]] std::span<const double> positions(const mjData& data) const {
    return {data.qpos + position_index, position_size};
  }
  [[nodiscard]] std::span<double> positions(mjData& data) const { return {data.qpos + position_index, position_size}; }
  /// Its numbers in qvel, to read or to write.
  [[nodiscard]] std::span<const double> velocities(const mjData& data) const {
    return {data.qvel + velocity_index, velocity_size};
  }
  [[nodiscard]] std::span<double> velocities(mjData& data) const { return {data.qvel + velocity_index, velocity_size}; }
};

/// A sensor.
struct SensorHandle {
  int id;            ///< number of the sensor
  int index;         ///< of its first number in sensordata
  std::size_t size;  ///< how many numbers it has

  /// Throws: std::invalid_argument for an unknown name.
  SensorHandle(const mjModel& model, const std::string& name)
      : id(sensor_id(model, name)), index(model.sensor_adr[id]), size(static_cast<std::size_t>(model.sensor_dim[id])) {}

  /// What it measures. Units: the sensor's own.
  [[nodiscard]] std::span<const double> values(const mjData& data) const { return {data.sensordata + index, size}; }
};

}  // namespace vantage::mujoco

#endif
