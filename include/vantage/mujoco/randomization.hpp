// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_RANDOMIZATION_HPP
#define VANTAGE_MUJOCO_RANDOMIZATION_HPP

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace vantage::mujoco {

/// What of a model episodes may draw anew.
enum class Quantity {
  mass,           ///< of bodies: scaled with their inertia; an offset (kg) is a load at the centre of mass
  inertia,        ///< of bodies, kg m^2, about the centre of mass
  friction,       ///< of geoms: sliding
  damping,        ///< of joints, N s/m or N m s/rad
  armature,       ///< of joints: the rotors' inertia
  friction_loss,  ///< of joints: dry friction, N or N m
  stiffness,      ///< of joints, N/m or N m/rad
  motor_gain,     ///< of actuators: force a control; of a servo its stiffness and damping alike. Scaled only
  joint_offset,   ///< of hinges and slides: what the encoder says at the model's zero, rad or m. Offset only
  gravity,        ///< scaled, or an offset of its vertical component, m/s^2
  time_step       ///< of the physics, s; an environment step makes as many as before. Scaled only
};

/// What options call the quantities, in the order of Quantity.
inline constexpr std::array<std::string_view, 11> kQuantityNames{
    "mass",      "inertia",    "friction",     "damping", "armature", "friction_loss",
    "stiffness", "motor_gain", "joint_offset", "gravity", "time_step"};

/// Whether a drawn number multiplies the model's own or is added to it.
enum class Change { scale, offset };

/// One quantity that every episode draws uniformly from [low, high], as a factor or as an offset of the model's own.
struct Randomized {
  Quantity quantity = Quantity::friction;  ///< of the model
  double low = 1;                          ///< least
  double high = 1;                         ///< largest
  Change change = Change::scale;           ///< a factor or an offset
  std::vector<std::string> names = {};     ///< of its bodies, geoms, joints or actuators; none: all
  bool each = false;                       ///< a draw for each of them; else one for all
};

/// Domain randomization: drawn in this order, from the environment's own stream, before the noise of the first state.
/// Where two entries change the same number the later one sees what the earlier one made of it.
using Randomization = std::vector<Randomized>;

}  // namespace vantage::mujoco

#endif
