// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_RANDOMIZED_THINGS_HPP
#define VANTAGE_MUJOCO_RANDOMIZED_THINGS_HPP

#include <mujoco/mujoco.h>

#include <string>
#include <vector>

#include "vantage/core/types.hpp"
#include "vantage/mujoco/names.hpp"
#include "vantage/mujoco/randomization.hpp"

namespace vantage::mujoco::detail {

/// What a quantity is of, and how MuJoCo numbers it.
struct ThingKind {
  mjtObj type;
  const char* name;
  Index count;
  int first = 0;
};

[[nodiscard]] inline ThingKind thing_kind(const mjModel& model, Quantity quantity) {
  switch (quantity) {
    case Quantity::mass:
    case Quantity::inertia:
      // the world is a body without mass
      return {mjOBJ_BODY, "body", static_cast<Index>(model.nbody), 1};
    case Quantity::friction:
      return {mjOBJ_GEOM, "geom", static_cast<Index>(model.ngeom)};
    case Quantity::motor_gain:
      return {mjOBJ_ACTUATOR, "actuator", static_cast<Index>(model.nu)};
    default:
      return {mjOBJ_JOINT, "joint", static_cast<Index>(model.njnt)};
  }
}

/// The numbers of the things that an entry is about, in its order; those without a name too where it names none.
/// Throws: std::invalid_argument that lists the names there are.
[[nodiscard]] inline std::vector<int> randomized_things(const mjModel& model, const Randomized& entry) {
  const ThingKind kind = thing_kind(model, entry.quantity);
  std::vector<int> ids;
  for (const std::string& name : entry.names) ids.push_back(find_id(model, kind.type, kind.name, name, kind.count));
  if (entry.names.empty()) {
    for (int id = kind.first; id < static_cast<int>(kind.count); ++id) ids.push_back(id);
  }
  return ids;
}

/// What a draw of an entry is of: "friction", "mass torso", of each one "mass 3" where it has no name.
[[nodiscard]] inline std::string draw_label(const mjModel& model, const Randomized& entry, int id) {
  std::string label(kQuantityNames[static_cast<std::size_t>(entry.quantity)]);
  if (!entry.each) {
    for (const std::string& name : entry.names) label += ' ' + name;
    return label;
  }
  const char* const name = mj_id2name(&model, thing_kind(model, entry.quantity).type, id);
  return label + ' ' + (name != nullptr ? name : std::to_string(id));
}

}  // namespace vantage::mujoco::detail

#endif
