// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_MOUNTAIN_CAR_CONTINUOUS_HPP
#define VANTAGE_ENV_MOUNTAIN_CAR_CONTINUOUS_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <span>
#include <type_traits>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

struct MountainCarContinuousOptions {
  double goal_velocity = 0;       ///< the least velocity at the goal that counts
  double low = -0.6;              ///< the first position is uniform on [low, high]
  double high = -0.4;             ///< see low
  Index max_episode_steps = 999;  ///< time limit in steps; 0: none
};

/// Calls f("name", field) for each option.
template <class Options, class F>
requires std::same_as<std::remove_const_t<Options>, MountainCarContinuousOptions>
void visit_options(Options& options, F&& f) {
  f("goal_velocity", options.goal_velocity);
  f("low", options.low);
  f("high", options.high);
  f("max_episode_steps", options.max_episode_steps);
}

/// MountainCarContinuous-v0: an engine too weak for the slope is to bring a car from the valley to the hill on the
/// right, with little force.
///
///     v' = clip(v + 0.0015 clip(u, -1, 1) - 0.0025 cos 3x, -0.07, 0.07)
///     x' = clip(x + v', -1.2, 0.6),  and v' = 0 where it runs into the wall on the left
///     end    = x' >= 0.45 and v' >= goal_velocity
///     reward = 100 [end] - 0.1 u^2
///
/// As in Gymnasium the state is kept in single precision from step to step, and the whole action is paid for, not the
/// part of it that is left after clipping.
/// Shapes: observation (x, v), action 1. Units: x in m, v in m a step.
class MountainCarContinuous {
 public:
  static constexpr double kMinPosition = -1.2;   ///< the wall on the left, m
  static constexpr double kMaxPosition = 0.6;    ///< m
  static constexpr double kMaxSpeed = 0.07;      ///< m a step
  static constexpr double kGoalPosition = 0.45;  ///< m
  static constexpr double kMaxForce = 1;         ///< to which an action is clipped
  static constexpr double kPower = 0.0015;       ///< of the engine at force 1, m a step^2
  static constexpr double kGravity = 0.0025;     ///< the slope's factor, m a step^2

  /// Throws: std::invalid_argument for a number that is not finite, low > high, or a negative limit.
  explicit MountainCarContinuous(const MountainCarContinuousOptions& options = {}) : options_(options) {
    constexpr const char* kWho = "MountainCarContinuous";
    require(std::isfinite(options.goal_velocity), kWho, "finite goal_velocity", options.goal_velocity);
    require(std::isfinite(options.high), kWho, "finite high", options.high);
    require(std::isfinite(options.low) && options.low <= options.high, kWho, "finite low <= high", options.low);
    require(options.max_episode_steps >= 0, kWho, "max_episode_steps >= 0", options.max_episode_steps);
    spec_.name = "MountainCarContinuous-v0";
    spec_.observation_size = 2;
    spec_.action_low = Vector<double>::Constant(1, -kMaxForce);
    spec_.action_high = Vector<double>::Constant(1, kMaxForce);
    spec_.max_episode_steps = options.max_episode_steps;
    spec_.reward_terms = {"goal", "control"};
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    position_ = static_cast<float>(rng.uniform(options_.low, options_.high));
    velocity_ = 0;
    terms_ = {};
    save_state(observation);
  }

  /// Starts from (position, velocity), rounded to single precision. Throws: std::invalid_argument for another size.
  void set_state(ConstVectorRef<double> state, VectorRef<double> observation) {
    require(state.size() == state_size(), "MountainCarContinuous::set_state", "position and velocity", state.size());
    load_state(state);
    save_state(observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const double force = std::clamp(action[0], -kMaxForce, kMaxForce);
    // the slope is that of three times the position in single precision
    const double slope = std::cos(static_cast<double>(3 * position_));
    double velocity = std::clamp(velocity_ + (force * kPower - kGravity * slope), -kMaxSpeed, kMaxSpeed);
    const double position = std::clamp(position_ + velocity, kMinPosition, kMaxPosition);
    if (position == kMinPosition && velocity < 0) velocity = 0;

    const bool terminated = position >= kGoalPosition && velocity >= options_.goal_velocity;
    terms_ = {terminated ? 100.0 : 0.0, -0.1 * (action[0] * action[0])};
    position_ = static_cast<float>(position);
    velocity_ = static_cast<float>(velocity);
    save_state(observation);
    return {terms_[0] + terms_[1], terminated, !std::isfinite(force)};
  }

  [[nodiscard]] std::span<const double> reward_terms() const { return terms_; }

  [[nodiscard]] Index state_size() const { return 2; }
  void save_state(VectorRef<double> out) const { out << position_, velocity_; }
  void load_state(const Vector<double>& state) {
    position_ = static_cast<float>(state[0]);
    velocity_ = static_cast<float>(state[1]);
  }

 private:
  MountainCarContinuousOptions options_;
  EnvironmentSpec spec_;
  float position_ = -0.5F;
  float velocity_ = 0;
  std::array<double, 2> terms_{};
};

}  // namespace vantage

#endif
