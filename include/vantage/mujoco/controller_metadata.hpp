// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_CONTROLLER_METADATA_HPP
#define VANTAGE_MUJOCO_CONTROLLER_METADATA_HPP

#include <mujoco/mujoco.h>

#include <string>
#include <string_view>

#include "vantage/core/types.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/io/safetensors.hpp"

namespace vantage::mujoco {

/// What a model says of its actuators to those who deploy a policy of it: actuator_names, and where each actuator moves
/// one hinge or slide joint, joint_names in the order of the actions, joint_units (rad or m), joint_stiffness and
/// joint_damping of the actuators' own feedback (0 for motors) and default_joint_pos, the joints' positions in qpos0.
/// What the model does not name is left out.
/// Units: those of the model: N m/rad or N/m, N m s/rad or N s/m, rad or m.
[[nodiscard]] inline FileMetadata controller_metadata(const mjModel& model) {
  FileMetadata metadata;
  std::string actuators, joints, units;
  const auto append = [](std::string& list, const char* name) {
    // a name that is missing leaves all of them out, as one with a comma does: the list would be another
    if (name == nullptr || name[0] == '\0' || std::string_view(name).find(',') != std::string_view::npos) return false;
    list += (list.empty() ? "" : ",") + std::string(name);
    return true;
  };
  bool have_actuators = model.nu > 0, have_joints = model.nu > 0;
  Vector<double> stiffness(model.nu), damping(model.nu), position(model.nu);
  for (int i = 0; i < static_cast<int>(model.nu); ++i) {
    have_actuators = have_actuators && append(actuators, mj_id2name(&model, mjOBJ_ACTUATOR, i));
    const bool drives_joint = model.actuator_trntype[i] == mjTRN_JOINT;
    const int joint = drives_joint ? model.actuator_trnid[2 * i] : -1;
    have_joints = have_joints && joint >= 0 &&
                  (model.jnt_type[joint] == mjJNT_HINGE || model.jnt_type[joint] == mjJNT_SLIDE) &&
                  append(joints, mj_id2name(&model, mjOBJ_JOINT, joint));
    if (!have_joints) continue;
    append(units, model.jnt_type[joint] == mjJNT_HINGE ? "rad" : "m");
    // force = gain ctrl + bias_1 length + bias_2 velocity, length = gear position
    const double gear = model.actuator_gear[6 * i];
    const bool affine = model.actuator_biastype[i] == mjBIAS_AFFINE;
    const mjtNum* const bias = model.actuator_biasprm + mjNBIAS * i;
    stiffness[i] = affine ? 0 - bias[1] * gear * gear : 0.0;
    damping[i] = affine ? 0 - bias[2] * gear * gear : 0.0;
    position[i] = model.qpos0[model.jnt_qposadr[joint]];
  }
  if (have_actuators) metadata["actuator_names"] = actuators;
  if (have_joints) {
    metadata["joint_names"] = joints;
    metadata["joint_units"] = units;
    metadata["joint_stiffness"] = comma_separated(stiffness);
    metadata["joint_damping"] = comma_separated(damping);
    metadata["default_joint_pos"] = comma_separated(position);
  }
  return metadata;
}

}  // namespace vantage::mujoco

#endif
