// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_POINT_MASS_HPP
#define VANTAGE_ENV_POINT_MASS_HPP

#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <span>
#include <type_traits>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/random_state.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

struct PointMassOptions {
  Index dimensions = 1;          ///< of the space it moves in
  double dt = 0.1;               ///< time step, s
  double mass = 1;               ///< kg
  double damping = 0.1;          ///< force against the velocity, N s/m
  double position_weight = 1;    ///< cost of a squared position
  double velocity_weight = 0.1;  ///< cost of a squared velocity
  double control_weight = 0.1;   ///< cost of a squared force
  double process_noise = 0;      ///< standard deviation of the noise added to each state component in a step
  double initial_range = 1;      ///< the first positions and velocities are uniform on +-initial_range
  double max_force = std::numeric_limits<double>::infinity();  ///< action bound; the world itself clips nothing
  Index max_episode_steps = 100;                               ///< time limit in steps; 0: none
};

/// Calls f("name", field) for each option.
template <class Options, class F>
requires std::same_as<std::remove_const_t<Options>, PointMassOptions>
void visit_options(Options& options, F&& f) {
  f("dimensions", options.dimensions);
  f("dt", options.dt);
  f("mass", options.mass);
  f("damping", options.damping);
  f("position_weight", options.position_weight);
  f("velocity_weight", options.velocity_weight);
  f("control_weight", options.control_weight);
  f("process_noise", options.process_noise);
  f("initial_range", options.initial_range);
  f("max_force", options.max_force);
  f("max_episode_steps", options.max_episode_steps);
}

/// A mass pushed by a force: a linear-quadratic world, whose values are known in closed form, see
/// tabular/quadratic_value.hpp. Never terminates.
///
///     x = (position, velocity),  x' = A x + B u + noise,  reward = -(x' Q x + u' R u)
///
/// Shapes: d dimensions; state and observation x: 2d, action u: d. Units: m, m/s, N.
class PointMass {
 public:
  /// Throws: std::invalid_argument unless dimensions >= 1, dt, mass, max_force > 0 and the others are finite and >= 0.
  explicit PointMass(const PointMassOptions& options = {}) : options_(options) {
    const auto valid = [](double number) { return number >= 0 && std::isfinite(number); };
    require(options.dimensions >= 1, "PointMass", "dimensions >= 1", options.dimensions);
    require(valid(options.dt) && options.dt > 0, "PointMass", "finite dt > 0", options.dt);
    require(valid(options.mass) && options.mass > 0, "PointMass", "finite mass > 0", options.mass);
    require(valid(options.damping), "PointMass", "finite damping >= 0", options.damping);
    require(valid(options.position_weight), "PointMass", "finite position_weight >= 0", options.position_weight);
    require(valid(options.velocity_weight), "PointMass", "finite velocity_weight >= 0", options.velocity_weight);
    require(valid(options.control_weight), "PointMass", "finite control_weight >= 0", options.control_weight);
    require(valid(options.process_noise), "PointMass", "finite process_noise >= 0", options.process_noise);
    require(valid(options.initial_range), "PointMass", "finite initial_range >= 0", options.initial_range);
    require(options.max_force > 0, "PointMass", "max_force > 0", options.max_force);
    require(options.max_episode_steps >= 0, "PointMass", "max_episode_steps >= 0", options.max_episode_steps);
    spec_.name = "PointMass";
    spec_.observation_size = 2 * options.dimensions;
    spec_.action_low = Vector<double>::Constant(options.dimensions, -options.max_force);
    spec_.action_high = -spec_.action_low;
    spec_.max_episode_steps = options.max_episode_steps;
    spec_.reward_terms = {"state", "control"};
    state_ = Vector<double>::Zero(spec_.observation_size);
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    for (double& component : state_) component = rng.uniform(-options_.initial_range, options_.initial_range);
    // a step has no stream of its own: the noise gets one for the episode
    if (options_.process_noise > 0) noise_ = Rng(rng());
    terms_ = {};
    observation = state_;
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const Index d = options_.dimensions;
    auto position = state_.head(d);
    auto velocity = state_.tail(d);
    // the cost belongs to the state before the step
    terms_ = {-(options_.position_weight * position.squaredNorm() + options_.velocity_weight * velocity.squaredNorm()),
              -options_.control_weight * action.squaredNorm()};
    position += options_.dt * velocity;
    velocity += options_.dt / options_.mass * (action - options_.damping * velocity);
    if (options_.process_noise > 0) {
      for (double& component : state_) component += options_.process_noise * noise_.normal();
    }
    observation = state_;
    return {terms_[0] + terms_[1], false, !action.allFinite()};
  }

  [[nodiscard]] std::span<const double> reward_terms() const { return terms_; }

  [[nodiscard]] Index state_size() const { return state_.size() + kRandomStateSize; }
  [[nodiscard]] Index tangent_size() const { return state_.size(); }

  void save_state(VectorRef<double> out) const {
    out.head(state_.size()) = state_;
    save_random_state(noise_, out.tail(kRandomStateSize));
  }

  void load_state(const Vector<double>& state) {
    state_ = state.head(state_.size());
    load_random_state(state.tail(kRandomStateSize), noise_);
  }

  /// A: 2d x 2d.
  [[nodiscard]] Matrix<double> transition() const {
    const Index d = options_.dimensions;
    Matrix<double> a = Matrix<double>::Identity(2 * d, 2 * d);
    a.topRightCorner(d, d).diagonal().setConstant(options_.dt);
    a.bottomRightCorner(d, d).diagonal().setConstant(1 - options_.dt * options_.damping / options_.mass);
    return a;
  }

  /// B: 2d x d.
  [[nodiscard]] Matrix<double> control() const {
    const Index d = options_.dimensions;
    Matrix<double> b = Matrix<double>::Zero(2 * d, d);
    b.bottomRows(d).diagonal().setConstant(options_.dt / options_.mass);
    return b;
  }

  /// Q: 2d x 2d.
  [[nodiscard]] Matrix<double> state_cost() const {
    const Index d = options_.dimensions;
    Matrix<double> q = Matrix<double>::Zero(2 * d, 2 * d);
    q.topLeftCorner(d, d).diagonal().setConstant(options_.position_weight);
    q.bottomRightCorner(d, d).diagonal().setConstant(options_.velocity_weight);
    return q;
  }

  /// R: d x d.
  [[nodiscard]] Matrix<double> control_cost() const {
    Matrix<double> r = Matrix<double>::Zero(options_.dimensions, options_.dimensions);
    r.diagonal().setConstant(options_.control_weight);
    return r;
  }

 private:
  PointMassOptions options_;
  EnvironmentSpec spec_;
  Vector<double> state_;
  Rng noise_;
  std::array<double, 2> terms_{};
};

}  // namespace vantage

#endif
