// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_ENVIRONMENT_HPP
#define VANTAGE_MUJOCO_ENVIRONMENT_HPP

#include <mujoco/mujoco.h>

#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/mujoco/hidden_state.hpp"
#include "vantage/mujoco/model.hpp"
#include "vantage/mujoco/model_needs.hpp"
#include "vantage/mujoco/model_variation.hpp"
#include "vantage/mujoco/names.hpp"
#include "vantage/mujoco/task.hpp"
#include "vantage/mujoco/task_options.hpp"

namespace vantage::mujoco {

/// A MuJoCo task as an environment. It holds only a row of doubles; the simulation runs in a work space borrowed from
/// the model, with the same bits as if it had one of its own. Copies share the compiled model, so make one and copy it.
/// A step applies the action unclipped as ctrl and calls mj_step `frame_skip` times, nothing else: derived fields are
/// seen one substep behind, as in Gymnasium. Of a task with a control of its own that is called before each mj_step
/// instead. Cost: no allocation in reset and step, but for the first work space of each thread.
template <Task T>
class Environment {
  // a function that is left aside because its type is a little off would go unnoticed
  static_assert(
      !requires { &T::bind; } || requires(T & task, const mjModel& model) { task.bind(model); },
      "a task's bind is void bind(const mjModel&)");
  static_assert(
      !requires { &T::observe_critic; } || ShowsCritic<T>,
      "a task's observe_critic is void observe_critic(const mjModel&, const mjData&, VectorRef<double>) const, beside "
      "Index count_critic_observations(const mjModel&) const");

  /// Whether the task makes ctrl, or other forces, of an action itself.
  static constexpr bool kControls =
      requires(const T& task, const mjModel& model, mjData& data, ConstVectorRef<double> action) {
    task.control(model, data, action);
  };
  static_assert(
      !requires { &T::control; } || kControls,
      "a task's control is void control(const mjModel&, mjData&, ConstVectorRef<double> action) const");

 public:
  /// Each episode draws a `randomization` anew, and keeps it as part of its state: environments still share the model,
  /// and a work space takes the drawn numbers on when it steps one.
  /// Throws: std::invalid_argument for wrong options, for a model that lacks what the task needs, or one with a state
  /// that MuJoCo hides; MujocoError if the model cannot be loaded.
  explicit Environment(T task = {}, const Randomization& randomization = {}) : task_(std::move(task)) {
    task_.validate();
    if constexpr (requires { visit_options(task_, [](const char*, const auto&) {}); }) require_numbers(task_);
    spec_.name = task_.name;
    const char* const who = spec_.name.c_str();
    require(task_.frame_skip >= 1, who, "frame_skip >= 1", task_.frame_skip);
    require(task_.max_episode_steps >= 0, who, "max_episode_steps >= 0", task_.max_episode_steps);
    model_ = task_.load_model();
    require(static_cast<bool>(model_), who, "a loaded model", "an empty one");
    // the changed copies in the work spaces are those of one randomization
    if (!randomization.empty()) model_ = model_.clone();
    check_model();
    if constexpr (requires { task_.bind(model_.get()); }) task_.bind(model_.get());
    describe();
    require(spec_.observation_size >= 1, who, "an observation of one number or more", spec_.observation_size);
    dt_ = model_->opt.timestep * task_.frame_skip;
    variation_ = ModelVariation(model_.get(), randomization, who);
    terms_.assign(spec_.reward_terms.size(), 0.0);
    state_.setZero(physics_size() + task_.memory_size + spec_.observation_size + variation_.size());
    state_.head(physics_size()) = start();
    variation_.nominal(model_.get(), variation_row());
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }
  /// The options it was made from, bound to the model.
  [[nodiscard]] const T& task() const { return task_; }
  /// The compiled model, shared by all copies.
  [[nodiscard]] const Model& model() const { return model_; }
  /// As Model::fingerprint, to note beside what was learnt on this model.
  [[nodiscard]] std::string fingerprint() const { return model_.fingerprint(); }
  /// Units: seconds an environment step, where no time step is drawn.
  [[nodiscard]] double dt() const { return dt_; }

  /// What this episode drew, in the order of the randomization, and what each number is of.
  [[nodiscard]] auto drawn() const { return state_.tail(variation_.size()).head(variation_.draw_count()); }
  [[nodiscard]] const std::vector<std::string>& drawn_labels() const { return variation_.labels(); }

  /// Starts an episode: draws what is randomized, mj_resetData (to the task's keyframe if it names one), the task's
  /// noise, mj_forward. Throws: MujocoError.
  void reset(Rng& rng, VectorRef<double> observation) {
    if (!variation_.empty()) {
      DataLease lease(model_);
      variation_.draw(model_, lease, rng, variation_row());
    }
    begin([&](const mjModel& model, mjData& data) { task_.reset_state(model, data, rng); }, observation);
  }

  /// Starts an episode from given positions and velocities: as reset, without the noise and with the drawn numbers of
  /// before.
  /// Shapes: qpos nq, qvel nv, observation O. Throws: MujocoError.
  void set_state(ConstVectorRef<double> qpos, ConstVectorRef<double> qvel, VectorRef<double> observation) {
    require(qpos.size() == model_->nq, "Environment::set_state", "qpos of the model's size", qpos.size());
    require(qvel.size() == model_->nv, "Environment::set_state", "qvel of the model's size", qvel.size());
    begin(
        [&](const mjModel&, mjData& data) {
          std::copy_n(qpos.data(), qpos.size(), data.qpos);
          std::copy_n(qvel.data(), qvel.size(), data.qvel);
        },
        observation);
  }

  /// If the simulation breaks down (MuJoCo warns of bad numbers, an action too, or a result is not finite), the result
  /// is a fault with reward 0, the observation and the state stay the previous ones. Where MuJoCo warns that it goes on
  /// with other physics than the model's (a buffer of contacts or constraints is full), the result counts it, and a
  /// sentence on standard error says so once.
  /// Shapes: action A, observation O. Throws: std::invalid_argument for an action of another size; MujocoError.
  StepResult step(ConstVectorRef<double> action, VectorRef<double> observation) {
    if (action.size() != spec_.action_size()) refuse(action.size());
    VANTAGE_ASSERT(observation.size() == spec_.observation_size);
    DataLease lease(model_);
    const mjModel& model = own_model(lease);
    mjData& data = lease.get();

    // this environment's state, this step's action
    lease.run([&] { IntegrationState::load(model, data, state_.data()); });
    clear_warnings(data);
    const auto simulate = [&](int substeps) {
      lease.run([&] {
        for (int i = 0; i < substeps; ++i) mj_step(&model, &data);
      });
    };
    if constexpr (kControls) {
      // the task's own code may throw, and runs unguarded
      for (int i = 0; i < task_.frame_skip; ++i) {
        task_.control(model, data, action);
        simulate(1);
      }
    } else {
      std::copy_n(action.data(), action.size(), data.ctrl);
      simulate(task_.frame_skip);
    }
    if (task_.needs_contact_forces) lease.run([&] { mj_rnePostConstraint(&model, &data); });

    const Index warnings = count_warnings(data);

    // what the task makes of it
    task_.observe(model, data, observation);
    const std::span<const double> before(state_.data() + physics_size(), static_cast<std::size_t>(task_.memory_size));
    const double dt = model.opt.timestep * task_.frame_skip;
    const Outcome outcome = task_.evaluate(StepView{model, data, action, before, dt}, terms_);
    if (broke_down(data) || !std::isfinite(outcome.reward) || !observation.allFinite()) {
      observation = last_observation();
      std::fill(terms_.begin(), terms_.end(), 0.0);
      return {0.0, true, true, warnings};
    }
    keep(model, data, observation);
    return {outcome.reward, outcome.terminated, false, warnings, outcome.truncated};
  }

  /// The terms of the last step's reward, in the order of spec().reward_terms.
  [[nodiscard]] std::span<const double> reward_terms() const { return terms_; }

  /// What the task shows a critic of the state after the last reset or step that was no fault. A loaded state shows
  /// itself with the next step.
  [[nodiscard]] std::span<const double> critic_observation() const requires ShowsCritic<T> {
    return {critic_observation_.data(), static_cast<std::size_t>(critic_observation_.size())};
  }

  [[nodiscard]] Index state_size() const { return state_.size(); }
  void save_state(VectorRef<double> out) const { out = state_; }

  /// Continues from a saved state with the same bits; only within one MuJoCo version.
  void load_state(ConstVectorRef<double> state) {
    require(state.size() == state_.size(), "Environment::load_state", "a state of this environment's size",
            state.size());
    state_ = state;
  }

  /// Of IntegrationState::displace: 2 nv + na. The task's memory and the last observation are not moved.
  [[nodiscard]] Index tangent_size() const { return IntegrationState::tangent_size(model_); }
  void displace(VectorRef<double> state, ConstVectorRef<double> tangent) const {
    IntegrationState::displace(model_, state.data(), tangent.data());
  }
  void difference(ConstVectorRef<double> from, ConstVectorRef<double> to, VectorRef<double> tangent) const {
    IntegrationState::difference(model_, from.data(), to.data(), tangent.data());
  }

  /// Calls `look(const mjModel&, mjData&)` with a work space that shows the current state, derived fields brought up to
  /// date (mj_forward, mj_rnePostConstraint): for rendering and measurements. The environment itself stays as it is.
  template <class Look>
  void inspect(Look&& look) const {
    DataLease lease(model_);
    const mjModel& model = own_model(lease);
    lease.run([&] {
      IntegrationState::load(model, lease.get(), state_.data());
      mj_forward(&model, &lease.get());
      mj_rnePostConstraint(&model, &lease.get());
    });
    look(model, lease.get());
  }

 private:
  [[nodiscard]] Index physics_size() const { return model_.initial_state().size(); }
  [[nodiscard]] auto last_observation() {
    return state_.segment(physics_size() + task_.memory_size, spec_.observation_size);
  }
  [[nodiscard]] double* variation_row() { return state_.data() + state_.size() - variation_.size(); }

  /// The model of this episode: the shared one, or the work space's own with the drawn numbers.
  [[nodiscard]] const mjModel& own_model(const DataLease& lease) const {
    if (variation_.empty()) return model_.get();
    mjModel& varied = lease.varied();
    variation_.load(model_.get(), varied, state_.data() + state_.size() - variation_.size());
    return varied;
  }

  [[noreturn]] void refuse(Index size) const {
    throw std::invalid_argument(
        vantage::detail::join(spec_.name, ": expected an action of ", spec_.action_size(), " numbers, got ", size));
  }

  /// Where episodes begin, before the task's noise.
  [[nodiscard]] const Vector<double>& start() const { return start_.size() > 0 ? start_ : model_.initial_state(); }

  void check_model() {
    ModelNeeds needs;
    if constexpr (requires { T::needs; }) needs = T::needs;
    require_model(model_.get(), needs, spec_.name);
    DataLease lease(model_);
    const std::string hidden = find_hidden_state(model_.get(), lease.get());
    require(hidden.empty(), spec_.name.c_str(), "a model whose whole state can be kept", hidden);
    if constexpr (requires { task_.initial_keyframe; }) {
      const std::string keyframe = task_.initial_keyframe;
      if (keyframe.empty()) return;
      const int key = keyframe_id(model_.get(), keyframe);
      lease.run([&] { mj_resetDataKeyframe(model_.operator->(), &lease.get(), key); });
      start_.resize(physics_size());
      IntegrationState::save(model_.get(), lease.get(), start_.data());
    }
  }

  void describe() {
    spec_.observation_size = task_.count_observations(model_.get());
    if constexpr (ShowsCritic<T>) {
      spec_.critic_observation_size = task_.count_critic_observations(model_.get());
      critic_observation_.setZero(spec_.critic_observation_size);
    }
    spec_.max_episode_steps = task_.max_episode_steps;
    spec_.reward_terms.assign(task_.reward_terms.begin(), task_.reward_terms.end());
    const auto actions = static_cast<Index>(model_->nu);
    spec_.action_low.setConstant(actions, -std::numeric_limits<double>::infinity());
    spec_.action_high = -spec_.action_low;
    for (Index i = 0; i < actions; ++i) {
      if (model_->actuator_ctrllimited[i] == 0) continue;
      spec_.action_low[i] = model_->actuator_ctrlrange[2 * i];
      spec_.action_high[i] = model_->actuator_ctrlrange[2 * i + 1];
    }
    if constexpr (requires { task_.describe_actions(spec_); }) {
      static_assert(kControls, "a task with describe_actions needs a control(model, data, action)");
      task_.describe_actions(spec_);
      vantage::validate(spec_);
    }
  }

  template <class Place>
  void begin(Place&& place, VectorRef<double> observation) {
    DataLease lease(model_);
    const mjModel& model = own_model(lease);
    mjData& data = lease.get();
    lease.run([&] { IntegrationState::load(model, data, start().data()); });
    // forces on bodies are not part of the state, and many models compute them only after a step
    for (double* const forces : {data.cacc, data.cfrc_int, data.cfrc_ext}) std::fill_n(forces, 6 * model.nbody, 0.0);
    clear_warnings(data);
    place(model, data);
    lease.run([&] { mj_forward(&model, &data); });
    count_warnings(data);
    task_.observe(model, data, observation);
    keep(model, data, observation);
  }

  void keep(const mjModel& model, const mjData& data, const VectorRef<double>& observation) {
    IntegrationState::save(model, data, state_.data());
    task_.remember(model, data, {state_.data() + physics_size(), static_cast<std::size_t>(task_.memory_size)});
    last_observation() = observation;
    if constexpr (ShowsCritic<T>) {
      if (critic_observation_.size() > 0) task_.observe_critic(model, data, critic_observation_);
    }
  }

  Index count_warnings(const mjData& data) const {
    const Index count = count_physics_warnings(data);
    if (count > 0) model_.report_warnings(spec_.name, data);
    return count;
  }

  /// MuJoCo starts anew by itself when numbers go bad, and says so only in a counter; after the last substep nobody
  /// looked.
  [[nodiscard]] bool broke_down(const mjData& data) const {
    for (const int warning : {mjWARN_BADQPOS, mjWARN_BADQVEL, mjWARN_BADQACC, mjWARN_BADCTRL}) {
      if (data.warning[warning].number > 0) return true;
    }
    const auto bad = [](double x) { return !(std::abs(x) <= mjMAXVAL); };
    return std::any_of(data.qpos, data.qpos + model_->nq, bad) || std::any_of(data.qvel, data.qvel + model_->nv, bad);
  }

  T task_;
  Model model_;
  EnvironmentSpec spec_;
  double dt_ = 0;
  std::vector<double> terms_;
  ModelVariation variation_;
  Vector<double> state_;  // physics, the task's memory, last observation, what was drawn and follows from it
  Vector<double> critic_observation_;
  Vector<double> start_;  // physics of the initial keyframe, if there is one
};

}  // namespace vantage::mujoco

#endif
