// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_DOUBLING_MAP_HPP
#define VANTAGE_TABULAR_DOUBLING_MAP_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

struct DoublingMapOptions {
  double start = 0.2;  ///< first state, a phase in turns
  double gamma = 0.9;  ///< discount of the closed forms
  Index steps = 12;    ///< horizon and time limit T
};

/// A chaotic world in closed form: the state is a phase that doubles, the action is added to it.
///
///     s' = 2 s + a mod 1,   r = cos(2 pi s)
///
/// For actions a ~ N(theta, sigma^2) without regard to the state,
///
///     J = sum_{t < T} gamma^t m_t cos phi_t,   dJ/dtheta = -sum_{t < T} gamma^t m_t 2 pi (2^t - 1) sin phi_t,
///     phi_t = 2 pi (2^t s_0 + (2^t - 1) theta),   m_t = exp(-2 pi^2 sigma^2 (4^t - 1) / 3)
///
/// Without noise J(theta) is a Weierstrass function: neighbouring phases part by log 2 a step, and as T grows J becomes
/// rough, with Hoelder exponent -log gamma / log 2 where gamma > 1/2. Noise makes it smooth, with a huge slope.
///
/// The phase is an integer of 64 bits, in units of 2^-64 turns, so that doubling loses nothing to rounding and the
/// world agrees with the closed form at any horizon. Without noise the bits of start and theta, which are doubles, are
/// used up after some 55 steps: then s rests at -theta.
///
/// Shapes: observation (cos 2 pi s, sin 2 pi s), action 1, in turns.
class DoublingMap {
 public:
  /// Throws: std::invalid_argument unless start is finite, 0 <= gamma <= 1 and steps >= 1.
  explicit DoublingMap(const DoublingMapOptions& options = {}) : options_(options) {
    require(std::isfinite(options.start), "DoublingMap", "a finite start", options.start);
    require(options.gamma >= 0 && options.gamma <= 1, "DoublingMap", "0 <= gamma <= 1", options.gamma);
    require(options.steps >= 1, "DoublingMap", "steps >= 1", options.steps);
    spec_.name = "DoublingMap";
    spec_.observation_size = 2;
    spec_.action_high = Vector<double>::Constant(1, std::numeric_limits<double>::infinity());
    spec_.action_low = -spec_.action_high;
    spec_.max_episode_steps = options.steps;
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }
  [[nodiscard]] const DoublingMapOptions& options() const { return options_; }

  /// J of the policy N(theta, sigma^2).
  [[nodiscard]] double objective(double theta, double sigma = 0) const {
    double sum = 0;
    for_each_time(theta, sigma, [&](double weight, double phi, double) { sum += weight * std::cos(phi); });
    return sum;
  }

  /// dJ/dtheta of the policy N(theta, sigma^2).
  [[nodiscard]] double gradient(double theta, double sigma = 0) const {
    double sum = 0;
    for_each_time(theta, sigma, [&](double weight, double phi, double slope) {
      // a slope may overflow where its weight has vanished
      if (weight > 0) sum -= weight * slope * std::sin(phi);
    });
    return sum;
  }

  /// Growth of a small difference of phases, a step: log 2.
  [[nodiscard]] static constexpr double lyapunov_exponent() { return std::numbers::ln2; }

  /// Of J(theta) without noise and without a horizon; 1 (with a logarithm at gamma = 1/2) where J is smoother.
  [[nodiscard]] double hoelder_exponent() const { return std::min(1.0, -std::log(options_.gamma) / std::numbers::ln2); }

  void reset(Rng&, VectorRef<double> observation) {
    phase_ = phase(options_.start);
    observe(observation);
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    const double reward = std::cos(angle(phase_));
    const bool fault = !std::isfinite(action[0]);
    // doubling drops the whole turns
    phase_ = 2 * phase_ + (fault ? 0 : phase(action[0]));
    observe(observation);
    return {reward, false, fault};
  }

  /// The phase in halves, exact as doubles.
  [[nodiscard]] static constexpr Index state_size() { return 2; }

  void save_state(VectorRef<double> out) const { save_phase(phase_, out); }

  void load_state(const Vector<double>& state) { phase_ = phase_of(state); }

  /// A tangent is a number of turns, of which a phase forgets the whole ones.
  [[nodiscard]] static constexpr Index tangent_size() { return 1; }

  void displace(VectorRef<double> state, ConstVectorRef<double> tangent) const {
    save_phase(phase_of(state) + phase(tangent[0]), state);
  }

  void difference(ConstVectorRef<double> from, ConstVectorRef<double> to, VectorRef<double> tangent) const {
    // the nearer way around
    const auto turns = static_cast<std::int64_t>(phase_of(to) - phase_of(from));
    tangent[0] = std::ldexp(static_cast<double>(turns), -64);
  }

 private:
  static std::uint64_t phase_of(ConstVectorRef<double> state) {
    return static_cast<std::uint64_t>(state[0]) << 32 | static_cast<std::uint64_t>(state[1]);
  }

  static void save_phase(std::uint64_t phase, VectorRef<double> out) {
    out << static_cast<double>(phase >> 32), static_cast<double>(phase & 0xFFFFFFFFU);
  }

  /// Turns modulo 1 in units of 2^-64.
  static std::uint64_t phase(double turns) {
    const double rest = turns - std::floor(turns);
    return rest < 1 ? static_cast<std::uint64_t>(std::ldexp(rest, 64)) : 0;
  }

  static double angle(std::uint64_t phase) {
    return 2 * std::numbers::pi * std::ldexp(static_cast<double>(phase), -64);
  }

  void observe(VectorRef<double> observation) const { observation << std::cos(angle(phase_)), std::sin(angle(phase_)); }

  // visit(gamma^t m_t, phi_t, 2 pi (2^t - 1)); phi_t in integers, like the steps
  template <class Visit>
  void for_each_time(double theta, double sigma, Visit&& visit) const {
    std::uint64_t now = phase(options_.start);
    const std::uint64_t shift = phase(theta);
    double discount = 1;
    double growth = 1;  // 2^t
    for (Index t = 0; t < options_.steps; ++t) {
      const double spread = std::numbers::pi * sigma * growth;
      const double first = std::numbers::pi * sigma;
      const double damping = sigma > 0 ? std::exp(-2.0 / 3 * (spread - first) * (spread + first)) : 1;
      visit(discount * damping, angle(now), 2 * std::numbers::pi * (growth - 1));
      now = 2 * now + shift;
      discount *= options_.gamma;
      growth *= 2;
    }
  }

  DoublingMapOptions options_;
  EnvironmentSpec spec_;
  std::uint64_t phase_ = 0;
};

}  // namespace vantage

#endif
