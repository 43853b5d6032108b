// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_ACROBOT_HPP
#define VANTAGE_ENV_ACROBOT_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <numbers>
#include <span>
#include <type_traits>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/single_precision.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/discrete_action.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

struct AcrobotOptions {
  double low = -0.1;              ///< each component of the first state is uniform on [low, high]
  double high = 0.1;              ///< see low
  Index max_episode_steps = 500;  ///< time limit in steps; 0: none
};

/// Calls f("name", field) for each option.
template <class Options, class F>
requires std::same_as<std::remove_const_t<Options>, AcrobotOptions>
void visit_options(Options& options, F&& f) {
  f("low", options.low);
  f("high", options.high);
  f("max_episode_steps", options.max_episode_steps);
}

/// Acrobot-v1: two links hang from a fixed joint; a motor between them is to swing the free end above a height. The
/// angles are p, of the first link from below, and q, of the second one from the first; with g = 9.8 m/s^2 and links of
/// length 1 m, mass 1 kg, inertia 1 kg m^2 about the middle, and tau = a - 1,
///
///     d = 3.5 + cos q,  e = 1.25 + 0.5 cos q,  f = 0.5 g sin(p + q)
///     h   = -0.5 q_t^2 sin q - q_t p_t sin q + 1.5 g sin p + f
///     q_tt = (tau + e h / d - 0.5 p_t^2 sin q - f) / (1.25 - e^2 / d),   p_tt = -(e q_tt + h) / d
///
/// One Runge-Kutta step of 0.2 s (fourth order), angles wrapped to +-pi, speeds clipped to 4 pi and 9 pi.
///
///     end    = -cos p' - cos(p' + q') > 1
///     reward = -1, and 0 in the step that ends
///
/// Shapes: observation (cos p, sin p, cos q, sin q, p_t, q_t); action a, one of 0, 1, 2. Units: rad, rad/s, N m.
/// Source: Sutton, "Generalization in reinforcement learning: successful examples using sparse coarse coding", 1996,
/// with the dynamics of Sutton and Barto's book.
class Acrobot {
 public:
  static constexpr Index kActions = 3;                             ///< torques -1, 0 and 1 N m
  static constexpr double kTimeStep = 0.2;                         ///< s
  static constexpr double kGravity = 9.8;                          ///< m/s^2
  static constexpr double kLength = 1;                             ///< of the first link, m
  static constexpr double kCentre = 0.5;                           ///< from a link's joint to its centre of mass, m
  static constexpr double kMass = 1;                               ///< of a link, kg
  static constexpr double kInertia = 1;                            ///< of a link about its centre of mass, kg m^2
  static constexpr double kMaxFirstSpeed = 4 * std::numbers::pi;   ///< of p_t, rad/s
  static constexpr double kMaxSecondSpeed = 9 * std::numbers::pi;  ///< of q_t, rad/s

  /// Throws: std::invalid_argument for a number that is not finite, low > high, or a negative limit.
  explicit Acrobot(const AcrobotOptions& options = {}) : options_(options) {
    require(std::isfinite(options.high), "Acrobot", "finite high", options.high);
    require(std::isfinite(options.low) && options.low <= options.high, "Acrobot", "finite low <= high", options.low);
    require(options.max_episode_steps >= 0, "Acrobot", "max_episode_steps >= 0", options.max_episode_steps);
    spec_.name = "Acrobot-v1";
    spec_.observation_size = 6;
    spec_.discrete_actions = kActions;
    spec_.max_episode_steps = options.max_episode_steps;
    spec_.reward_terms = {"time"};
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    // first states are numbers of single precision, as in Gymnasium
    for (double& component : state_) component = rounded_to_single(rng.uniform(options_.low, options_.high));
    terms_ = {};
    observe(observation);
  }

  /// Starts from (p, q, p_t, q_t). Throws: std::invalid_argument for another size.
  void set_state(ConstVectorRef<double> state, VectorRef<double> observation) {
    require(state.size() == state_size(), "Acrobot::set_state", "two angles and their speeds", state.size());
    load_state(state);
    observe(observation);
  }

  /// Throws: std::invalid_argument for what is none of the actions.
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const auto torque = static_cast<double>(discrete_action("Acrobot", action, kActions) - 1);

    // the classical Runge-Kutta method
    const State first = derivative(state_, torque);
    const State second = derivative(moved(0.5 * kTimeStep, first), torque);
    const State third = derivative(moved(0.5 * kTimeStep, second), torque);
    const State fourth = derivative(moved(kTimeStep, third), torque);
    for (std::size_t i = 0; i < state_.size(); ++i) {
      state_[i] += kTimeStep / 6 * (first[i] + 2 * second[i] + 2 * third[i] + fourth[i]);
    }

    state_[0] = wrap(state_[0]);
    state_[1] = wrap(state_[1]);
    state_[2] = std::clamp(state_[2], -kMaxFirstSpeed, kMaxFirstSpeed);
    state_[3] = std::clamp(state_[3], -kMaxSecondSpeed, kMaxSecondSpeed);

    const bool terminated = -std::cos(state_[0]) - std::cos(state_[1] + state_[0]) > 1;
    terms_ = {terminated ? 0.0 : -1.0};
    observe(observation);
    return {terms_[0], terminated, false};
  }

  [[nodiscard]] std::span<const double> reward_terms() const { return terms_; }

  [[nodiscard]] Index state_size() const { return 4; }
  void save_state(VectorRef<double> out) const { out << state_[0], state_[1], state_[2], state_[3]; }
  void load_state(const Vector<double>& state) { state_ = {state[0], state[1], state[2], state[3]}; }

  [[nodiscard]] Index tangent_size() const { return 4; }
  void displace(VectorRef<double> state, ConstVectorRef<double> tangent) const { state += tangent; }
  void difference(ConstVectorRef<double> from, ConstVectorRef<double> to, VectorRef<double> tangent) const {
    // angles a turn apart are the same
    tangent = to - from;
    for (Index i = 0; i < 2; ++i) tangent[i] = wrap(tangent[i]);
  }

 private:
  using State = std::array<double, 4>;  // two angles, their speeds

  [[nodiscard]] static State derivative(const State& state, double torque) {
    constexpr double kHalfPi = std::numbers::pi / 2;
    const auto& [p, q, p_speed, q_speed] = state;
    const double cosine = std::cos(q);
    const double sine = std::sin(q);
    constexpr double kCoupling = kMass * kLength * kCentre;
    constexpr double kOuter = kMass * kCentre * kCentre + kInertia;
    const double d = kMass * kCentre * kCentre +
                     kMass * (kLength * kLength + kCentre * kCentre + 2 * kLength * kCentre * cosine) + kInertia +
                     kInertia;
    const double e = kMass * (kCentre * kCentre + kLength * kCentre * cosine) + kInertia;
    const double f = kMass * kCentre * kGravity * std::cos(p + q - kHalfPi);
    const double h = -kCoupling * (q_speed * q_speed) * sine - 2 * kCoupling * q_speed * p_speed * sine +
                     (kMass * kCentre + kMass * kLength) * kGravity * std::cos(p - kHalfPi) + f;
    const double q_acceleration =
        (torque + e / d * h - kCoupling * (p_speed * p_speed) * sine - f) / (kOuter - e * e / d);
    const double p_acceleration = -(e * q_acceleration + h) / d;
    return {p_speed, q_speed, p_acceleration, q_acceleration};
  }

  [[nodiscard]] State moved(double duration, const State& rate) const {
    State result = state_;
    for (std::size_t i = 0; i < result.size(); ++i) result[i] += duration * rate[i];
    return result;
  }

  /// The same angle on [-pi, pi]; one within stays as it is.
  static double wrap(double angle) {
    using std::numbers::pi;
    if (angle > pi) return angle - 2 * pi * std::ceil((angle - pi) / (2 * pi));
    if (angle < -pi) return angle + 2 * pi * std::ceil((-pi - angle) / (2 * pi));
    return angle;
  }

  void observe(VectorRef<double> observation) const {
    observation << std::cos(state_[0]), std::sin(state_[0]), std::cos(state_[1]), std::sin(state_[1]), state_[2],
        state_[3];
  }

  AcrobotOptions options_;
  EnvironmentSpec spec_;
  State state_{};
  std::array<double, 1> terms_{};
};

}  // namespace vantage

#endif
