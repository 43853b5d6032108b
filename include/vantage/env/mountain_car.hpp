// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_MOUNTAIN_CAR_HPP
#define VANTAGE_ENV_MOUNTAIN_CAR_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <span>
#include <type_traits>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/discrete_action.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

struct MountainCarOptions {
  double goal_velocity = 0;       ///< the least velocity at the goal that counts
  double low = -0.6;              ///< the first position is uniform on [low, high]
  double high = -0.4;             ///< see low
  Index max_episode_steps = 200;  ///< time limit in steps; 0: none
};

/// Calls f("name", field) for each option.
template <class Options, class F>
requires std::same_as<std::remove_const_t<Options>, MountainCarOptions>
void visit_options(Options& options, F&& f) {
  f("goal_velocity", options.goal_velocity);
  f("low", options.low);
  f("high", options.high);
  f("max_episode_steps", options.max_episode_steps);
}

/// MountainCar-v0: an engine too weak for the slope is to bring a car from the valley to the hill on the right, soon.
///
///     v' = clip(v + 0.001 (a - 1) - 0.0025 cos 3x, -0.07, 0.07)
///     x' = clip(x + v', -1.2, 0.6),  and v' = 0 where it runs into the wall on the left
///     end    = x' >= 0.5 and v' >= goal_velocity
///     reward = -1, in every step
///
/// Shapes: observation (x, v); action a, one of 0 (left), 1 (nothing), 2 (right). Units: x in m, v in m a step.
/// Source: Moore, "Efficient memory-based learning for robot control", 1990.
class MountainCar {
 public:
  static constexpr Index kActions = 3;          ///< to the left, none, to the right
  static constexpr double kMinPosition = -1.2;  ///< the wall on the left, m
  static constexpr double kMaxPosition = 0.6;   ///< m
  static constexpr double kMaxSpeed = 0.07;     ///< m a step
  static constexpr double kGoalPosition = 0.5;  ///< m
  static constexpr double kForce = 0.001;       ///< of the engine, m a step^2
  static constexpr double kGravity = 0.0025;    ///< the slope's factor, m a step^2

  /// Throws: std::invalid_argument for a number that is not finite, low > high, or a negative limit.
  explicit MountainCar(const MountainCarOptions& options = {}) : options_(options) {
    require(std::isfinite(options.goal_velocity), "MountainCar", "finite goal_velocity", options.goal_velocity);
    require(std::isfinite(options.high), "MountainCar", "finite high", options.high);
    require(std::isfinite(options.low) && options.low <= options.high, "MountainCar", "finite low <= high",
            options.low);
    require(options.max_episode_steps >= 0, "MountainCar", "max_episode_steps >= 0", options.max_episode_steps);
    spec_.name = "MountainCar-v0";
    spec_.observation_size = 2;
    spec_.discrete_actions = kActions;
    spec_.max_episode_steps = options.max_episode_steps;
    spec_.reward_terms = {"time"};
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    position_ = rng.uniform(options_.low, options_.high);
    velocity_ = 0;
    terms_ = {};
    save_state(observation);
  }

  /// Starts from (position, velocity). Throws: std::invalid_argument for another size.
  void set_state(ConstVectorRef<double> state, VectorRef<double> observation) {
    require(state.size() == state_size(), "MountainCar::set_state", "position and velocity", state.size());
    load_state(state);
    save_state(observation);
  }

  /// Throws: std::invalid_argument for what is none of the actions.
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const auto direction = static_cast<double>(discrete_action("MountainCar", action, kActions) - 1);
    velocity_ =
        std::clamp(velocity_ + (direction * kForce - std::cos(3 * position_) * kGravity), -kMaxSpeed, kMaxSpeed);
    position_ = std::clamp(position_ + velocity_, kMinPosition, kMaxPosition);
    if (position_ == kMinPosition && velocity_ < 0) velocity_ = 0;

    terms_ = {-1};
    save_state(observation);
    return {terms_[0], position_ >= kGoalPosition && velocity_ >= options_.goal_velocity, false};
  }

  [[nodiscard]] std::span<const double> reward_terms() const { return terms_; }

  [[nodiscard]] Index state_size() const { return 2; }
  [[nodiscard]] Index tangent_size() const { return 2; }
  void save_state(VectorRef<double> out) const { out << position_, velocity_; }
  void load_state(const Vector<double>& state) {
    position_ = state[0];
    velocity_ = state[1];
  }

 private:
  MountainCarOptions options_;
  EnvironmentSpec spec_;
  double position_ = -0.5;
  double velocity_ = 0;
  std::array<double, 1> terms_{};
};

}  // namespace vantage

#endif
