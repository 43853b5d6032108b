// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_PHYSICS_OPTIONS_HPP
#define VANTAGE_MUJOCO_PHYSICS_OPTIONS_HPP

#include <mujoco/mujoco.h>

#include <string>
#include <string_view>

#include "vantage/core/error.hpp"

namespace vantage::mujoco {

/// Options of MuJoCo that trade nothing, or accuracy, for time; the defaults leave a model as it is. What each gains
/// and changes is measured by benchmarks/physics_levers_benchmark.
struct PhysicsOptions {
  bool islands = true;   ///< find groups of bodies that touch each other, and solve each by itself (MuJoCo 3.3.6 on)
  bool midphase = true;  ///< sort the geoms of a body before they are tested for contact (MuJoCo 2.3.3 on)
  bool rk4 = true;  ///< false: a model of the fourth-order Runge-Kutta method is integrated by semi-implicit Euler,
                    ///< with a quarter of the work; its error is of first order in the time step instead

  /// What the physics of a Gymnasium task is called:
  ///
  ///     exact    without islands where that changes no bit, `exact_without_islands`
  ///     mujoco   the model as it is
  ///     fast     without islands, midphase and Runge-Kutta
  ///
  /// Throws: std::invalid_argument for another name.
  [[nodiscard]] static PhysicsOptions named(std::string_view name, bool exact_without_islands, const char* who) {
    if (name == "exact") return {.islands = !exact_without_islands};
    if (name == "fast") return {.islands = false, .midphase = false, .rk4 = false};
    require(name == "mujoco", who, "physics exact, mujoco or fast", name);
    return {};
  }

  /// Puts the choice into a model's options.
  void apply(mjOption& option) const {
#if mjVERSION_HEADER >= 336
    if (!islands) option.disableflags |= mjDSBL_ISLAND;
#endif
#if mjVERSION_HEADER >= 233
    if (!midphase) option.disableflags |= mjDSBL_MIDPHASE;
#endif
    if (!rk4 && option.integrator == mjINT_RK4) option.integrator = mjINT_EULER;
  }
};

}  // namespace vantage::mujoco

#endif
