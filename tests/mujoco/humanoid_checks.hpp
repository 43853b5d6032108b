// SPDX-License-Identifier: MIT
// what the tests of both humanoids share
#ifndef VANTAGE_TESTS_MUJOCO_HUMANOID_CHECKS_HPP
#define VANTAGE_TESTS_MUJOCO_HUMANOID_CHECKS_HPP

#include "lockstep.hpp"
#include "task_checks.hpp"

namespace vantage::testing {

/// The figures of the model that do not depend on its posture.
inline void check_humanoid(const mjModel& model) {
  check_model(model, {24,
                      23,
                      17,
                      14,
                      18,
                      18,
                      4,
                      {8.90746237, 2.26194671, 6.61619413, 4.75175093, 2.75569617, 1.76714587, 4.75175093, 2.75569617,
                       1.76714587, 1.66108048, 1.22954019, 1.66108048, 1.22954019}});
  const auto near = [](double x) { return Approx(x).epsilon(1e-9).margin(1e-12); };
  CHECK(digest(model.body_quat, 4 * model.nbody) == near(0.2856295632288851));
  CHECK(digest(model.jnt_pos, 3 * model.njnt) == near(-0.08297874195125429));
  CHECK(digest(model.jnt_axis, 3 * model.njnt) == near(4.65341863691218));
  CHECK(digest(model.jnt_stiffness, model.njnt) == near(-8.908471811725589));
  CHECK(digest(model.jnt_limited, model.njnt) == near(-0.9060715607786946));
  CHECK(digest(model.dof_armature, model.nv) == near(0.033207712881070724));
  CHECK(digest(model.dof_damping, model.nv) == near(6.406543555288175));
  CHECK(digest(model.geom_size, 3 * model.ngeom) == near(34.91369525759664));
  CHECK(digest(model.geom_friction, 3 * model.ngeom) == near(1.042798018130659));
  CHECK(digest(model.geom_margin, model.ngeom) == near(-6.460057597079802e-05));
  CHECK(digest(model.geom_condim, model.ngeom) == near(1.6183413936449946));
  CHECK(digest(model.actuator_gear, 6 * model.nu) == near(-769.6788821680415));
  CHECK(digest(model.actuator_ctrlrange, 2 * model.nu) == near(-0.09615917152920522));
  CHECK(digest(model.actuator_trnid, 2 * model.nu) == near(9.064183833071993));
  CHECK(digest(model.wrap_prm, model.nwrap) == near(-0.8300960613500102));
  CHECK(model.ntendon == 2);
  CHECK(model.opt.timestep == 0.003);
  CHECK(model.opt.integrator == mjINT_RK4);
  CHECK(model.opt.solver == mjSOL_PGS);
  CHECK(model.opt.iterations == 50);
}

/// The observation by the book, for any of the humanoid tasks.
template <class Task>
std::vector<double> observe_humanoid(const Task& task, const mjData& data) {
  const bool four = task.version == 4;
  const int body = four ? 0 : 1;
  std::vector<double> out;
  append(out, data.qpos, task.exclude_current_positions_from_observation ? 2 : 0, 24);
  append(out, data.qvel, 0, 23);
  if (task.include_cinert_in_observation) append(out, data.cinert, 10 * body, 140);
  if (task.include_cvel_in_observation) append(out, data.cvel, 6 * body, 84);
  if (task.include_qfrc_actuator_in_observation) append(out, data.qfrc_actuator, four ? 0 : 6, 23);
  if (task.include_cfrc_ext_in_observation) append(out, data.cfrc_ext, 6 * body, 84);
  return out;
}

/// clip(weight |F|^2)
inline double clipped_contact(const mjData& data, double weight, const std::array<double, 2>& range) {
  double sum = 0;
  for (int i = 0; i < 84; ++i) sum += data.cfrc_ext[i] * data.cfrc_ext[i];
  return std::fmin(std::fmax(weight * sum, range[0]), range[1]);
}

}  // namespace vantage::testing

#endif
