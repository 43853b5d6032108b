// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_POSITION_CONTROL_HPP
#define VANTAGE_MUJOCO_POSITION_CONTROL_HPP

#include <mujoco/mujoco.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/per_component.hpp"
#include "vantage/mujoco/names.hpp"

namespace vantage::mujoco {

/// Each list holds one number for all motors, or one a motor in the model's order.
struct PositionControlOptions {
  std::vector<double> stiffness = {};         ///< k_p, N m/rad (N/m for a slide)
  std::vector<double> damping = {0};          ///< k_d, N m s/rad (N s/m)
  std::vector<double> scale = {1};            ///< of the action, rad (m)
  std::vector<double> default_position = {};  ///< q_0, where the action is 0, rad (m); empty: the model's qpos0
  std::string keyframe = {};                  ///< its name or number, to take q_0 from instead
};

/// Drives each joint with a motor towards a target position, as the boards of real motors do: a robot's `control`,
/// called before each physics step.
///
///     q* = q_0 + scale a,   tau = k_p (q* - q) - k_d qdot,   ctrl = clip(tau / gear, the motor's range)
///
/// The action's bounds are those where q* reaches the joint's range; a joint without one has none. The gear is that of
/// the model it is made for: whatever weakens a motor later weakens it. Make it beside the model, as handles.
/// Units: tau N m (N for a slide), ctrl the motor's.
class PositionControl {
 public:
  /// A motor, its joint, and how it is driven.
  struct Motor {
    std::string joint;                                           ///< its name; may be empty
    int position_index = 0;                                      ///< of its joint in qpos
    int velocity_index = 0;                                      ///< of its joint in qvel
    double stiffness = 0;                                        ///< k_p, N m/rad (N/m)
    double damping = 0;                                          ///< k_d, N m s/rad (N s/m)
    double scale = 1;                                            ///< of the action, rad (m)
    double default_position = 0;                                 ///< q_0, rad (m)
    double gear = 1;                                             ///< tau / ctrl
    double ctrl_low = -std::numeric_limits<double>::infinity();  ///< the motor's range
    double ctrl_high = std::numeric_limits<double>::infinity();  ///< see ctrl_low
  };

  /// Throws: std::invalid_argument unless each actuator is a motor (a constant gain, nothing else) of a hinge or a
  /// slide of its own; for numbers that are not finite, stiffness or damping < 0, scale <= 0, other counts than one or
  /// as many as motors, an unknown keyframe, or a default position outside the joint's range.
  PositionControl(const mjModel& model, const PositionControlOptions& options) {
    const auto motors = static_cast<Index>(model.nu);
    const auto numbers = [&](const char* name, const std::vector<double>& given, double least) {
      return per_component(kWho, name, given, motors, least == 0 ? "of finite numbers >= 0" : "of finite numbers",
                           [&](double x) { return x >= least && std::isfinite(x); });
    };
    require(motors >= 1, kWho, "a model with motors", motors);
    const Vector<double> stiffness = numbers("stiffness", options.stiffness, 0);
    const Vector<double> damping = numbers("damping", options.damping, 0);
    const Vector<double> scale = numbers("scale", options.scale, 0);
    Vector<double> start;
    if (!options.default_position.empty()) {
      require(options.keyframe.empty(), kWho, "default_position or a keyframe", "both");
      start = numbers("default_position", options.default_position, -std::numeric_limits<double>::max());
    }
    const double* initial = model.qpos0;
    if (!options.keyframe.empty()) initial = model.key_qpos + keyframe_id(model, options.keyframe) * model.nq;
    action_low_.resize(motors);
    action_high_.resize(motors);
    for (Index i = 0; i < motors; ++i) {
      Motor motor = find_motor(model, static_cast<int>(i));
      motor.stiffness = stiffness[i];
      motor.damping = damping[i];
      motor.scale = scale[i];
      require(motor.scale > 0, kWho, "scale > 0", motor.scale);
      motor.default_position = start.size() > 0 ? start[i] : initial[motor.position_index];
      describe_action(model, static_cast<int>(i), motor);
      motors_.push_back(motor);
    }
  }

  /// Writes ctrl. Shapes: action one a motor.
  void operator()(const mjModel& model, mjData& data, ConstVectorRef<double> action) const {
    VANTAGE_ASSERT(static_cast<Index>(model.nu) == action_low_.size() && action.size() == action_low_.size());
    static_cast<void>(model);
    for (std::size_t i = 0; i < motors_.size(); ++i) {
      const Motor& motor = motors_[i];
      const double target = motor.default_position + motor.scale * action[static_cast<Index>(i)];
      const double torque = motor.stiffness * (target - data.qpos[motor.position_index]) -
                            motor.damping * data.qvel[motor.velocity_index];
      data.ctrl[i] = std::clamp(torque / motor.gear, motor.ctrl_low, motor.ctrl_high);
    }
  }

  /// Bounds of the action.
  [[nodiscard]] const Vector<double>& action_low() const { return action_low_; }
  [[nodiscard]] const Vector<double>& action_high() const { return action_high_; }

  /// In the model's order of actuators, which is that of the action.
  [[nodiscard]] std::span<const Motor> motors() const { return motors_; }

 private:
  static constexpr const char* kWho = "PositionControl";

  [[noreturn]] static void refuse(const mjModel& model, int actuator, const char* expected) {
    const char* const name = mj_id2name(&model, mjOBJ_ACTUATOR, actuator);
    throw std::invalid_argument(vantage::detail::join(kWho, ": expected ", expected, ", got actuator ", actuator, ' ',
                                                      name == nullptr ? "" : name));
  }

  [[nodiscard]] Motor find_motor(const mjModel& model, int actuator) const {
    const int transmission = model.actuator_trntype[actuator];
    const int joint = model.actuator_trnid[2 * actuator];
    if (transmission != mjTRN_JOINT && transmission != mjTRN_JOINTINPARENT) refuse(model, actuator, "motors of joints");
    if (model.jnt_type[joint] != mjJNT_HINGE && model.jnt_type[joint] != mjJNT_SLIDE) {
      refuse(model, actuator, "motors of hinges and slides");
    }
    Motor motor;
    motor.gear = model.actuator_gear[6 * actuator] * model.actuator_gainprm[mjNGAIN * actuator];
    const bool plain = model.actuator_dyntype[actuator] == mjDYN_NONE &&
                       model.actuator_gaintype[actuator] == mjGAIN_FIXED &&
                       model.actuator_biastype[actuator] == mjBIAS_NONE;
    if (!plain || motor.gear == 0) refuse(model, actuator, "motors, whose force is ctrl times a constant");
    const char* const name = mj_id2name(&model, mjOBJ_JOINT, joint);
    motor.joint = name == nullptr ? "" : name;
    motor.position_index = model.jnt_qposadr[joint];
    motor.velocity_index = model.jnt_dofadr[joint];
    for (const Motor& other : motors_) {
      if (other.position_index == motor.position_index) refuse(model, actuator, "one motor a joint");
    }
    if (model.actuator_ctrllimited[actuator] != 0) {
      motor.ctrl_low = model.actuator_ctrlrange[2 * actuator];
      motor.ctrl_high = model.actuator_ctrlrange[2 * actuator + 1];
    }
    return motor;
  }

  void describe_action(const mjModel& model, int actuator, const Motor& motor) {
    const int joint = model.actuator_trnid[2 * actuator];
    action_low_[actuator] = -std::numeric_limits<double>::infinity();
    action_high_[actuator] = std::numeric_limits<double>::infinity();
    if (model.jnt_limited[joint] == 0) return;
    const double low = model.jnt_range[2 * joint];
    const double high = model.jnt_range[2 * joint + 1];
    if (!(low <= motor.default_position && motor.default_position <= high)) {
      throw std::invalid_argument(
          vantage::detail::join(kWho, ": expected a default position within the range of joint ", motor.joint, ", ",
                                low, " .. ", high, ", got ", motor.default_position));
    }
    action_low_[actuator] = (low - motor.default_position) / motor.scale;
    action_high_[actuator] = (high - motor.default_position) / motor.scale;
  }

  std::vector<Motor> motors_;
  Vector<double> action_low_;
  Vector<double> action_high_;
};

}  // namespace vantage::mujoco

#endif
