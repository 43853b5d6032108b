// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_INTEGRATION_STATE_HPP
#define VANTAGE_MUJOCO_INTEGRATION_STATE_HPP

#include <mujoco/mujoco.h>

#include <algorithm>

#include "vantage/core/types.hpp"

namespace vantage::mujoco {

/// Everything of an mjData that decides how it goes on (time, positions, velocities, activations, the solver's warm
/// start, user inputs), as one row of doubles: loading it into any mjData of the model continues with the same bits.
/// The layout depends on the MuJoCo version, but that a row begins with time, positions, velocities and activations.
struct IntegrationState {
  /// Numbers of a tangent vector, 2 nv + na.
  [[nodiscard]] static Index tangent_size(const mjModel& model) {
    return static_cast<Index>(2 * model.nv) + static_cast<Index>(model.na);
  }

  /// Moves a row along a tangent vector, of velocities over unit time (a rotation for a quaternion), changes of
  /// velocities and of activations; the rest stays. Shapes: tangent 2 nv + na.
  static void displace(const mjModel& model, double* row, const double* tangent) {
    double* const positions = row + 1;
    mj_integratePos(&model, positions, tangent, 1);
    double* const rates = positions + model.nq;
    for (Index i = 0; i < model.nv + model.na; ++i) rates[i] += tangent[model.nv + i];
  }

  /// The tangent vector that displaces one row to the other; of two rotations the shorter. Shapes: tangent 2 nv + na.
  static void difference(const mjModel& model, const double* from, const double* to, double* tangent) {
    mj_differentiatePos(&model, tangent, 1, from + 1, to + 1);
    const Index rates = 1 + static_cast<Index>(model.nq);
    for (Index i = 0; i < model.nv + model.na; ++i) tangent[model.nv + i] = to[rates + i] - from[rates + i];
  }

#if mjVERSION_HEADER >= 236
  /// Numbers of a row.
  [[nodiscard]] static Index size(const mjModel& model) { return mj_stateSize(&model, mjSTATE_INTEGRATION); }

  /// Writes the state to a row. Shapes: row size(model).
  static void save(const mjModel& model, const mjData& data, double* row) {
    mj_getState(&model, &data, row, mjSTATE_INTEGRATION);
  }

  /// Takes the state of a row on. Shapes: row size(model).
  static void load(const mjModel& model, mjData& data, const double* row) {
    mj_setState(&model, &data, row, mjSTATE_INTEGRATION);
  }
#else
  [[nodiscard]] static Index size(const mjModel& model) {
    Index total = 1;
    mjData none{};
    visit(model, none, [&](double*, int count) { total += count; });
    return total;
  }

  static void save(const mjModel& model, const mjData& data, double* row) {
    *row++ = data.time;
    visit(model, data, [&](const double* field, int count) { row = std::copy_n(field, count, row); });
  }

  static void load(const mjModel& model, mjData& data, const double* row) {
    data.time = *row++;
    visit(model, data, [&](double* field, int count) {
      std::copy_n(row, count, field);
      row += count;
    });
  }

 private:
  template <class Data, class Function>
  static void visit(const mjModel& model, Data& data, Function function) {
    function(data.qpos, model.nq);
    function(data.qvel, model.nv);
    function(data.act, model.na);
    function(data.qacc_warmstart, model.nv);
    function(data.ctrl, model.nu);
    function(data.qfrc_applied, model.nv);
    function(data.xfrc_applied, 6 * model.nbody);
    function(data.mocap_pos, 3 * model.nmocap);
    function(data.mocap_quat, 4 * model.nmocap);
    function(data.userdata, model.nuserdata);
#if mjVERSION_HEADER >= 230
    function(data.plugin_state, model.npluginstate);
#endif
  }
#endif
};

}  // namespace vantage::mujoco

#endif
