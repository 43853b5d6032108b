// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_CONTINUOUS_CART_POLE_HPP
#define VANTAGE_ENV_CONTINUOUS_CART_POLE_HPP

#include <algorithm>
#include <concepts>
#include <span>
#include <type_traits>
#include <utility>

#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

struct ContinuousCartPoleOptions {
  CartPoleOptions cart_pole = {};  ///< those that both share
  bool positions_first = false;    ///< observation (x, theta, v, omega), the order of MuJoCo's pendulums
};

/// Calls f("name", field) for each option.
template <class Options, class F>
requires std::same_as<std::remove_const_t<Options>, ContinuousCartPoleOptions>
void visit_options(Options& options, F&& f) {
  visit_options(options.cart_pole, f);
  f("positions_first", options.positions_first);
}

/// ContinuousCartPole-v1: CartPole that is pushed as hard as one likes, with its equations, ends and rewards:
///
///     F = 10 clip(a, -1, 1)
///
/// Shapes: observation (x, v, theta, omega) or (x, theta, v, omega), action 1. Units: m, m/s, rad, rad/s; force in N.
class ContinuousCartPole {
 public:
  /// Throws: std::invalid_argument as CartPole does.
  explicit ContinuousCartPole(const ContinuousCartPoleOptions& options = {})
      : positions_first_(options.positions_first), world_(options.cart_pole), spec_(world_.spec()) {
    spec_.name = "ContinuousCartPole-v1";
    spec_.discrete_actions = 0;
    spec_.action_low = Vector<double>::Constant(1, -1);
    spec_.action_high = Vector<double>::Constant(1, 1);
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }

  void reset(Rng& rng, VectorRef<double> observation) {
    world_.reset(rng, observation);
    order(observation);
  }

  /// Starts from (x, v, theta, omega). Throws: std::invalid_argument for another size.
  void set_state(ConstVectorRef<double> state, VectorRef<double> observation) {
    world_.set_state(state, observation);
    order(observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const StepResult result = world_.push(CartPole::kForce * std::clamp(action[0], -1.0, 1.0), observation);
    order(observation);
    return result;
  }

  [[nodiscard]] std::span<const double> reward_terms() const { return world_.reward_terms(); }

  [[nodiscard]] Index state_size() const { return world_.state_size(); }
  [[nodiscard]] Index tangent_size() const { return world_.tangent_size(); }
  void save_state(VectorRef<double> out) const { world_.save_state(out); }
  void load_state(const Vector<double>& state) { world_.load_state(state); }

 private:
  void order(VectorRef<double> observation) const {
    if (positions_first_) std::swap(observation[1], observation[2]);
  }

  bool positions_first_;
  CartPole world_;
  EnvironmentSpec spec_;
};

}  // namespace vantage

#endif
