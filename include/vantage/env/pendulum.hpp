// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_PENDULUM_HPP
#define VANTAGE_ENV_PENDULUM_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <numbers>
#include <span>
#include <type_traits>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

struct PendulumOptions {
  double g = 10;                     ///< gravity, m/s^2
  double x_init = std::numbers::pi;  ///< the first angle is uniform on +-x_init, rad
  double y_init = 1;                 ///< the first angular velocity is uniform on +-y_init, rad/s
  Index max_episode_steps = 200;     ///< time limit in steps; 0: none
};

/// Calls f("name", field) for each option.
template <class Options, class F>
requires std::same_as<std::remove_const_t<Options>, PendulumOptions>
void visit_options(Options& options, F&& f) {
  f("g", options.g);
  f("x_init", options.x_init);
  f("y_init", options.y_init);
  f("max_episode_steps", options.max_episode_steps);
}

/// Pendulum-v1: swing a rod of mass m = 1 and length l = 1 up and hold it there; theta = 0 is upright. Never
/// terminates.
///
///     reward    = -(wrap(theta)^2 + 0.1 omega^2 + 0.001 u^2),  u = clip(action, -2, 2)
///     omega'    = clip(omega + (3 g / (2 l) sin theta + 3 / (m l^2) u) dt, -8, 8)
///     theta'    = theta + omega' dt,  dt = 0.05 s
///
/// Shapes: observation (cos theta, sin theta, omega), action 1. Units: torque in N m, omega in rad/s.
class Pendulum {
 public:
  static constexpr double kTimeStep = 0.05;  ///< dt, s
  static constexpr double kMaxSpeed = 8;     ///< of omega, rad/s
  static constexpr double kMaxTorque = 2;    ///< N m
  static constexpr double kMass = 1;         ///< m, kg
  static constexpr double kLength = 1;       ///< l, m

  /// Throws: std::invalid_argument for a number that is not finite, or negative bounds or limits.
  explicit Pendulum(const PendulumOptions& options = {}) : options_(options) {
    require(std::isfinite(options.g), "Pendulum", "finite g", options.g);
    require(options.x_init >= 0 && std::isfinite(options.x_init), "Pendulum", "finite x_init >= 0", options.x_init);
    require(options.y_init >= 0 && std::isfinite(options.y_init), "Pendulum", "finite y_init >= 0", options.y_init);
    require(options.max_episode_steps >= 0, "Pendulum", "max_episode_steps >= 0", options.max_episode_steps);
    spec_.name = "Pendulum-v1";
    spec_.observation_size = 3;
    spec_.action_low = Vector<double>::Constant(1, -kMaxTorque);
    spec_.action_high = Vector<double>::Constant(1, kMaxTorque);
    spec_.max_episode_steps = options.max_episode_steps;
    spec_.reward_terms = {"angle", "velocity", "torque"};
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    set_angle(rng.uniform(-options_.x_init, options_.x_init));
    omega_ = rng.uniform(-options_.y_init, options_.y_init);
    terms_ = {};
    observe(observation);
  }

  /// Starts from (theta, omega). Throws: std::invalid_argument for another size.
  void set_state(ConstVectorRef<double> state, VectorRef<double> observation) {
    require(state.size() == state_size(), "Pendulum::set_state", "an angle and its speed", state.size());
    load_state(state);
    observe(observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const double torque = std::clamp(action[0], -kMaxTorque, kMaxTorque);
    // the cost belongs to the state before the step
    const double angle = wrap(theta_);
    terms_ = {-angle * angle, -0.1 * (omega_ * omega_), -0.001 * (torque * torque)};

    const double gravity = 3 * options_.g / (2 * kLength) * sine_;
    const double drive = 3 / (kMass * kLength * kLength) * torque;
    omega_ = std::clamp(omega_ + (gravity + drive) * kTimeStep, -kMaxSpeed, kMaxSpeed);
    set_angle(theta_ + omega_ * kTimeStep);
    observe(observation);
    return {terms_[0] + terms_[1] + terms_[2], false, !std::isfinite(torque)};
  }

  [[nodiscard]] std::span<const double> reward_terms() const { return terms_; }

  [[nodiscard]] Index state_size() const { return 2; }
  [[nodiscard]] Index tangent_size() const { return 2; }
  void save_state(VectorRef<double> out) const { out << theta_, omega_; }
  void load_state(const Vector<double>& state) {
    set_angle(state[0]);
    omega_ = state[1];
  }

 private:
  /// The same angle on [-pi, pi).
  static double wrap(double angle) {
    constexpr double kTurn = 2 * std::numbers::pi;
    double remainder = std::fmod(angle + std::numbers::pi, kTurn);
    if (remainder < 0) remainder += kTurn;
    return remainder - std::numbers::pi;
  }

  void set_angle(double theta) {
    theta_ = theta;
    cosine_ = std::cos(theta);
    sine_ = std::sin(theta);
  }

  void observe(VectorRef<double> observation) const { observation << cosine_, sine_, omega_; }

  PendulumOptions options_;
  EnvironmentSpec spec_;
  double theta_ = 0;
  double cosine_ = 1;  // of theta
  double sine_ = 0;
  double omega_ = 0;
  std::array<double, 3> terms_{};
};

}  // namespace vantage

#endif
