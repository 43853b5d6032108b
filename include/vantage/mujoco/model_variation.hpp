// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_MODEL_VARIATION_HPP
#define VANTAGE_MUJOCO_MODEL_VARIATION_HPP

#include <mujoco/mujoco.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/mujoco/model.hpp"
#include "vantage/mujoco/randomization.hpp"
#include "vantage/mujoco/randomized_things.hpp"

namespace vantage::mujoco {

/// A randomization on a certain model. A row of size() numbers is one episode's: what was drawn, and what MuJoCo
/// derives from it (mj_setConst), so that loading it into a copy of the model costs some hundred assignments and no
/// computation.
class ModelVariation {
 public:
  ModelVariation() = default;

  /// Throws: std::invalid_argument for ranges that are not in order or not finite, a factor below 0, a change that the
  /// quantity does not have, unknown names, or a model without such things.
  ModelVariation(const mjModel& model, const Randomization& randomization, const char* who) {
    for (const Randomized& entry : randomization) add(model, entry, who);
    if (derives_) derived_size_ = visit_derived(model, [](const mjtNum*, Index) {});
  }

  /// Whether nothing is drawn.
  [[nodiscard]] bool empty() const { return draws_.empty(); }
  /// Numbers that an episode draws.
  [[nodiscard]] Index draw_count() const { return static_cast<Index>(draws_.size()); }
  /// Numbers of a row.
  [[nodiscard]] Index size() const { return draw_count() + derived_size_; }
  /// What each draw is of: "friction", "mass torso".
  [[nodiscard]] const std::vector<std::string>& labels() const { return labels_; }

  /// Writes the row of the model as it is.
  void nominal(const mjModel& model, double* row) const {
    for (std::size_t i = 0; i < draws_.size(); ++i) row[i] = draws_[i].change == Change::scale ? 1 : 0;
    save_derived(model, row + draws_.size());
  }

  /// Draws an episode's row, and makes the work space's own model that of the episode. Throws: MujocoError.
  void draw(const mjModel& model, DataLease& space, Rng& rng, double* row) const {
    for (std::size_t i = 0; i < draws_.size(); ++i) row[i] = rng.uniform(draws_[i].low, draws_[i].high);
    mjModel& varied = space.varied();
    apply(model, varied, row);
    if (!derives_) return;
    space.run([&] { mj_setConst(&varied, &space.get()); });
    save_derived(varied, row + draws_.size());
  }

  /// Makes `varied`, a copy of `model` that may be another episode's, the model of this row.
  void load(const mjModel& model, mjModel& varied, const double* row) const {
    apply(model, varied, row);
    row += draws_.size();
    if (derives_) visit_derived(varied, [&](mjtNum* numbers, Index count) { row = copy(row, numbers, count); });
  }

 private:
  struct Draw {
    double low;
    double high;
    Change change;
  };
  // `count` numbers of one array, changed by one draw
  struct Target {
    mjtNum* mjModel::*field;
    int first;
    int count;
    int draw;
    Change change;
  };

  static const double* copy(const double* from, double* to, Index count) {
    for (Index i = 0; i < count; ++i) to[i] = from[i];
    return from + count;
  }

  void save_derived(const mjModel& model, double* out) const {
    if (!derives_) return;
    visit_derived(model, [&](const mjtNum* numbers, Index count) {
      copy(numbers, out, count);
      out += count;
    });
  }

  // what mj_setConst makes of masses, inertias and joints; how many numbers it is
  template <class M, class Visit>
  static Index visit_derived(M& model, Visit&& visit) {
    Index total = 0;
    const auto array = [&](auto* numbers, Index count) {
      visit(numbers, count);
      total += count;
    };
    array(model.body_subtreemass, model.nbody);
    array(model.body_invweight0, 2 * static_cast<Index>(model.nbody));
    array(model.dof_invweight0, model.nv);
    array(model.dof_M0, model.nv);
    array(model.tendon_invweight0, model.ntendon);
    array(model.tendon_length0, model.ntendon);
    array(model.tendon_lengthspring, kSpringNumbers * static_cast<Index>(model.ntendon));
#if mjVERSION_HEADER >= 300
    array(model.flexedge_invweight0, model.nflexedge);
#endif
    array(model.actuator_acc0, model.nu);
    array(model.actuator_length0, model.nu);
    // of cameras and lights that follow a centre of mass
    array(model.cam_poscom0, 3 * static_cast<Index>(model.ncam));
    array(model.light_poscom0, 3 * static_cast<Index>(model.nlight));
    for (auto* number : {&model.stat.meaninertia, &model.stat.meanmass, &model.stat.meansize, &model.stat.extent}) {
      array(number, 1);
    }
    array(&model.stat.center[0], 3);
    return total;
  }

#if mjVERSION_HEADER >= 230
  static constexpr Index kSpringNumbers = 2;
#else
  static constexpr Index kSpringNumbers = 1;
#endif

  void apply(const mjModel& model, mjModel& varied, const double* draws) const {
    // the model's own numbers first, since entries may meet
    for (const Target& target : targets_) {
      copy((model.*target.field) + target.first, (varied.*target.field) + target.first, target.count);
    }
    for (const Target& target : targets_) {
      mjtNum* const numbers = (varied.*target.field) + target.first;
      for (int i = 0; i < target.count; ++i) change(numbers[i], target.change, draws[target.draw]);
    }
    if (gravity_.empty() && time_step_.empty()) return;
    for (int i = 0; i < 3; ++i) varied.opt.gravity[i] = model.opt.gravity[i];
    varied.opt.timestep = model.opt.timestep;
    for (const int draw : time_step_) varied.opt.timestep *= draws[draw];
    for (const int draw : gravity_) {
      if (draws_[static_cast<std::size_t>(draw)].change == Change::offset) {
        varied.opt.gravity[2] += draws[draw];
      } else {
        for (mjtNum& component : varied.opt.gravity) component *= draws[draw];
      }
    }
  }

  static void change(mjtNum& number, Change change, double draw) {
    if (change == Change::scale) {
      number *= draw;
    } else {
      number += draw;
    }
  }

  void add(const mjModel& model, const Randomized& entry, const char* who) {
    const std::string name(kQuantityNames[static_cast<std::size_t>(entry.quantity)]);
    require(std::isfinite(entry.low) && std::isfinite(entry.high) && entry.low <= entry.high, who,
            ("a finite range low <= high of " + name).c_str(), vantage::detail::join(entry.low, ":", entry.high));
    const bool scales = entry.change == Change::scale;
    require(!scales || entry.low >= 0, who, ("factors >= 0 of " + name).c_str(), entry.low);
    require(entry.quantity != Quantity::joint_offset || !scales, who, "an offset of joint_offset", "a scale");
    require((entry.quantity != Quantity::motor_gain && entry.quantity != Quantity::time_step) || scales, who,
            ("a scale of " + name).c_str(), "an offset");
    require(entry.quantity != Quantity::time_step || entry.low > 0, who, "factors > 0 of time_step", entry.low);
    if (entry.quantity == Quantity::gravity || entry.quantity == Quantity::time_step) {
      require(entry.names.empty() && !entry.each, who, ("one draw, without names, of " + name).c_str(), "names");
      (entry.quantity == Quantity::gravity ? gravity_ : time_step_).push_back(new_draw(entry, name));
      return;
    }
    std::size_t found = 0;
    int draw = -1;
    for (const int id : detail::randomized_things(model, entry)) {
      const bool anew = draw < 0 || entry.each;
      const std::size_t targets = add_targets(model, entry, id, anew ? static_cast<int>(draws_.size()) : draw);
      // a free joint has no zero, a muscle no gain: nothing is drawn for them
      if (targets > 0 && anew) draw = new_draw(entry, detail::draw_label(model, entry, id));
      found += targets;
    }
    if (!scales && entry.quantity != Quantity::joint_offset) {
      for (std::size_t k = targets_.size() - found; k < targets_.size(); ++k) {
        for (int i = 0; i < targets_[k].count; ++i) {
          const double number = least(model, targets_[k].field, targets_[k].first + i);
          require(number >= 0, who, ("offsets that leave no negative " + name).c_str(), number);
        }
      }
    }
    require(found > 0, who, ("a model with something that has a " + name).c_str(), "none");
  }

  // what the entries so far make of a number at the least
  [[nodiscard]] double least(const mjModel& model, mjtNum* mjModel::*field, int index) const {
    double number = (model.*field)[index];
    for (const Target& target : targets_) {
      if (target.field != field || index < target.first || index >= target.first + target.count) continue;
      change(number, target.change, draws_[static_cast<std::size_t>(target.draw)].low);
    }
    return number;
  }

  int new_draw(const Randomized& entry, std::string label) {
    draws_.push_back({entry.low, entry.high, entry.change});
    labels_.push_back(std::move(label));
    return static_cast<int>(draws_.size()) - 1;
  }

  // how many numbers they are
  std::size_t add_targets(const mjModel& model, const Randomized& entry, int id, int draw) {
    const std::size_t before = targets_.size();
    const auto target = [&](mjtNum* mjModel::*field, int first, int count) {
      targets_.push_back({field, first, count, draw, entry.change});
    };
    const auto dofs = [&](mjtNum* mjModel::*field) {
      const int type = model.jnt_type[id];
      target(field, model.jnt_dofadr[id], type == mjJNT_FREE ? 6 : type == mjJNT_BALL ? 3 : 1);
    };
    switch (entry.quantity) {
      case Quantity::mass:
        target(&mjModel::body_mass, id, 1);
        if (entry.change == Change::scale) target(&mjModel::body_inertia, 3 * id, 3);
        derives_ = true;
        break;
      case Quantity::inertia:
        target(&mjModel::body_inertia, 3 * id, 3);
        derives_ = true;
        break;
      case Quantity::friction:
        target(&mjModel::geom_friction, 3 * id, 1);
        break;
      case Quantity::damping:
        dofs(&mjModel::dof_damping);
        break;
      case Quantity::armature:
        dofs(&mjModel::dof_armature);
        derives_ = true;
        break;
      case Quantity::friction_loss:
        dofs(&mjModel::dof_frictionloss);
        break;
      case Quantity::stiffness:
        target(&mjModel::jnt_stiffness, id, 1);
        break;
      case Quantity::motor_gain:
        // what muscles and plugins keep there are no gains
        if (model.actuator_gaintype[id] > mjGAIN_AFFINE || model.actuator_biastype[id] > mjBIAS_AFFINE) break;
        target(&mjModel::actuator_gainprm, mjNGAIN * id, 3);
        target(&mjModel::actuator_biasprm, mjNBIAS * id, 3);
        break;
      case Quantity::joint_offset: {
        const int type = model.jnt_type[id];
        if (type != mjJNT_HINGE && type != mjJNT_SLIDE) break;
        target(&mjModel::qpos0, model.jnt_qposadr[id], 1);
        target(&mjModel::qpos_spring, model.jnt_qposadr[id], 1);
        if (model.jnt_limited[id] != 0) target(&mjModel::jnt_range, 2 * id, 2);
        derives_ = true;
        break;
      }
      default:
        break;
    }
    return targets_.size() - before;
  }

  std::vector<Draw> draws_;
  std::vector<std::string> labels_;
  std::vector<Target> targets_;
  std::vector<int> gravity_;  // which draws are of it
  std::vector<int> time_step_;
  bool derives_ = false;  // whether something follows from what was drawn
  Index derived_size_ = 0;
};

}  // namespace vantage::mujoco

#endif
