// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_CART_POLE_HPP
#define VANTAGE_ENV_CART_POLE_HPP

#include <array>
#include <cmath>
#include <concepts>
#include <numbers>
#include <span>
#include <type_traits>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/discrete_action.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

struct CartPoleOptions {
  bool sutton_barto_reward = false;  ///< reward 0, and -1 at the end, in place of 1 in every step
  double low = -0.05;                ///< each component of the first state is uniform on [low, high]
  double high = 0.05;                ///< see low
  Index max_episode_steps = 500;     ///< time limit in steps; 0: none
};

/// Calls f("name", field) for each option.
template <class Options, class F>
requires std::same_as<std::remove_const_t<Options>, CartPoleOptions>
void visit_options(Options& options, F&& f) {
  f("sutton_barto_reward", options.sutton_barto_reward);
  f("low", options.low);
  f("high", options.high);
  f("max_episode_steps", options.max_episode_steps);
}

/// CartPole-v1: keep a pole upright by pushing its cart to the left or to the right.
///
///     F       = 10 (2 a - 1),  c = (F + m l omega^2 sin theta) / M,  M = 1.1 kg, m = 0.1 kg, l = 0.5 m
///     omega_t = (g sin theta - c cos theta) / (l (4/3 - m cos^2 theta / M)),  g = 9.8 m/s^2
///     v_t     = c - m l omega_t cos theta / M
///     x' = x + v dt,  v' = v + v_t dt,  theta' = theta + omega dt,  omega' = omega + omega_t dt,  dt = 0.02 s
///     end    = |x'| > 2.4 or |theta'| > 12 degrees
///     reward = 1, also in the last step
///
/// Shapes: observation (x, v, theta, omega); action a, one of 0 (left), 1 (right). Units: m, m/s, rad, rad/s.
/// Source: Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve difficult learning control
/// problems", 1983.
class CartPole {
 public:
  static constexpr Index kActions = 2;                   ///< to the left, to the right
  static constexpr double kGravity = 9.8;                ///< g, m/s^2
  static constexpr double kPoleMass = 0.1;               ///< m, kg
  static constexpr double kTotalMass = kPoleMass + 1.0;  ///< M, with the cart, kg
  static constexpr double kHalfLength = 0.5;             ///< l, m
  static constexpr double kForce = 10;                   ///< N, either way
  static constexpr double kTimeStep = 0.02;              ///< dt, s
  static constexpr double kMaxPosition = 2.4;            ///< of the cart, m; beyond it the episode ends
  static constexpr double kMaxAngle =
      12 * 2 * std::numbers::pi / 360;  ///< of the pole from upright, rad; beyond it the episode ends

  /// Throws: std::invalid_argument for a number that is not finite, low > high, or a negative limit.
  explicit CartPole(const CartPoleOptions& options = {}) : options_(options) {
    require(std::isfinite(options.high), "CartPole", "finite high", options.high);
    require(std::isfinite(options.low) && options.low <= options.high, "CartPole", "finite low <= high", options.low);
    require(options.max_episode_steps >= 0, "CartPole", "max_episode_steps >= 0", options.max_episode_steps);
    spec_.name = "CartPole-v1";
    spec_.observation_size = 4;
    spec_.discrete_actions = kActions;
    spec_.max_episode_steps = options.max_episode_steps;
    spec_.reward_terms = {"balance"};
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    for (double& component : state_) component = rng.uniform(options_.low, options_.high);
    terms_ = {};
    save_state(observation);
  }

  /// Starts from (x, v, theta, omega). Throws: std::invalid_argument for another size.
  void set_state(ConstVectorRef<double> state, VectorRef<double> observation) {
    require(state.size() == state_size(), "CartPole::set_state", "x, v, theta, omega", state.size());
    load_state(state);
    save_state(observation);
  }

  /// Throws: std::invalid_argument for what is none of the actions.
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    return push(discrete_action("CartPole", action, kActions) == 1 ? kForce : -kForce, observation);
  }

  /// A step under any force F. Units: N, to the right.
  StepResult push(double force, VectorRef<double> observation) {
    auto& [x, v, theta, omega] = state_;
    const double cosine = std::cos(theta);
    const double sine = std::sin(theta);
    const double common = (force + kPoleMass * kHalfLength * (omega * omega) * sine) / kTotalMass;
    const double angular =
        (kGravity * sine - cosine * common) / (kHalfLength * (4.0 / 3.0 - kPoleMass * (cosine * cosine) / kTotalMass));
    const double linear = common - kPoleMass * kHalfLength * angular * cosine / kTotalMass;

    // both positions move with the velocities before the step
    x += kTimeStep * v;
    v += kTimeStep * linear;
    theta += kTimeStep * omega;
    omega += kTimeStep * angular;

    const bool terminated = x < -kMaxPosition || x > kMaxPosition || theta < -kMaxAngle || theta > kMaxAngle;
    const double end = terminated ? -1 : 0;
    terms_ = {options_.sutton_barto_reward ? end : 1};
    save_state(observation);
    return {terms_[0], terminated, !std::isfinite(force)};
  }

  [[nodiscard]] std::span<const double> reward_terms() const { return terms_; }

  [[nodiscard]] Index state_size() const { return 4; }
  [[nodiscard]] Index tangent_size() const { return 4; }
  void save_state(VectorRef<double> out) const { out << state_[0], state_[1], state_[2], state_[3]; }
  void load_state(const Vector<double>& state) { state_ = {state[0], state[1], state[2], state[3]}; }

 private:
  CartPoleOptions options_;
  EnvironmentSpec spec_;
  std::array<double, 4> state_{};  // x, v, theta, omega
  std::array<double, 1> terms_{};
};

}  // namespace vantage

#endif
