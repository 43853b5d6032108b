// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_HUMANOID_OBSERVATION_HPP
#define VANTAGE_MUJOCO_HUMANOID_OBSERVATION_HPP

#include <mujoco/mujoco.h>

#include <algorithm>

#include "vantage/core/types.hpp"
#include "vantage/mujoco/model_needs.hpp"

namespace vantage::mujoco {

/// What the humanoid tasks observe: qpos, qvel, and for each body its inertia about the whole's centre (10 numbers),
/// its velocity and the contact force on it (6 each), and the actuators' force on each degree of freedom.
struct HumanoidObservation {
  bool positions = false;       ///< x and y of the root
  bool inertias = true;         ///< cinert
  bool velocities = true;       ///< cvel
  bool actuator_forces = true;  ///< qfrc_actuator
  bool contact_forces = true;   ///< cfrc_ext
  bool world_and_root = false;  ///< the world's rows and the root's actuator forces, all zero: version 4 has them

  /// The parts that a task's options ask for.
  template <class TaskOptions>
  [[nodiscard]] static HumanoidObservation of(const TaskOptions& task) {
    return {.positions = !task.exclude_current_positions_from_observation,
            .inertias = task.include_cinert_in_observation,
            .velocities = task.include_cvel_in_observation,
            .actuator_forces = task.include_qfrc_actuator_in_observation,
            .contact_forces = task.include_cfrc_ext_in_observation,
            .world_and_root = task.version == 4};
  }

  static constexpr ModelNeeds needs{.positions = 7, .velocities = 6, .bodies = 1, .free_root = true};

  /// Throws: std::invalid_argument if the model has no free root.
  void check(const mjModel& model, const char* who) const { require_model(model, needs, who); }

  /// Numbers of the observation of this model.
  [[nodiscard]] Index size(const mjModel& model) const {
    Index total = 0;
    visit(model, [&](auto, Index, Index count) { total += count; });
    return total;
  }

  /// Shapes: out size(model).
  void write(const mjModel& model, const mjData& data, VectorRef<double> out) const {
    double* next = out.data();
    visit(model, [&](auto field, Index first, Index count) {
      const double* source = data.*field;
      next = std::copy_n(source + first, count, next);
    });
  }

 private:
  /// Calls use(field, first, count) for each part in order.
  template <class Use>
  void visit(const mjModel& model, Use&& use) const {
    const Index nq = model.nq, nv = model.nv, nbody = model.nbody;
    const Index row = world_and_root ? 0 : 1;
    const Index dof = world_and_root ? 0 : 6;
    const Index skipped = positions ? 0 : 2;
    use(&mjData::qpos, skipped, nq - skipped);
    use(&mjData::qvel, Index{0}, nv);
    if (inertias) use(&mjData::cinert, 10 * row, 10 * (nbody - row));
    if (velocities) use(&mjData::cvel, 6 * row, 6 * (nbody - row));
    if (actuator_forces) use(&mjData::qfrc_actuator, dof, nv - dof);
    if (contact_forces) use(&mjData::cfrc_ext, 6 * row, 6 * (nbody - row));
  }
};

}  // namespace vantage::mujoco

#endif
