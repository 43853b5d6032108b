// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_SOFTMAX_BANDIT_HPP
#define VANTAGE_TABULAR_SOFTMAX_BANDIT_HPP

#include <cmath>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/discrete_action.hpp"
#include "vantage/env/random_state.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

/// A bandit of K arms: one choice, then the end. Arm a pays r_a, plus normal noise.
///
/// The observation is the constant 1, so that a categorical policy without hidden layers has a weight and a bias an
/// arm. With p = softmax(theta) its objective is known in closed form:
///
///     J = p' r,   dJ/dtheta_a = p_a (r_a - J),   F = diag p - p p',   natural gradient r_a - J
///
/// Shapes: rewards, probabilities and gradients K; observation 1, action 1.
class SoftmaxBandit {
 public:
  /// `noise`: standard deviation of what is paid.
  /// Throws: std::invalid_argument unless there is an arm, the rewards are finite and noise is finite and >= 0.
  explicit SoftmaxBandit(Vector<double> rewards, double noise = 0) : rewards_(std::move(rewards)), noise_(noise) {
    require(rewards_.size() >= 1, "SoftmaxBandit", "at least one arm", rewards_.size());
    require(rewards_.allFinite(), "SoftmaxBandit", "finite rewards", detail::Listed(rewards_));
    require(noise >= 0 && std::isfinite(noise), "SoftmaxBandit", "finite noise >= 0", noise);
    spec_.name = "SoftmaxBandit";
    spec_.observation_size = 1;
    spec_.discrete_actions = rewards_.size();
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }
  /// r.
  [[nodiscard]] const Vector<double>& rewards() const { return rewards_; }

  /// J.
  [[nodiscard]] double objective(const Vector<double>& probabilities) const { return probabilities.dot(rewards_); }

  /// dJ/dtheta.
  [[nodiscard]] Vector<double> gradient(const Vector<double>& probabilities) const {
    return probabilities.cwiseProduct(natural_gradient(probabilities));
  }

  /// With mean 0 under the policy; any constant may be added.
  [[nodiscard]] Vector<double> natural_gradient(const Vector<double>& probabilities) const {
    return rewards_.array() - objective(probabilities);
  }

  /// Shapes: K x K, of rank K - 1.
  [[nodiscard]] static Matrix<double> fisher(const Vector<double>& probabilities) {
    Matrix<double> result = -probabilities * probabilities.transpose();
    result.diagonal() += probabilities;
    return result;
  }

  void reset(Rng& rng, VectorRef<double> observation) {
    rng_ = Rng(rng());
    observation[0] = 1;
  }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    observation[0] = 1;
    const double extra = noise_ > 0 ? noise_ * rng_.normal() : 0;
    return {rewards_[discrete_action("SoftmaxBandit", action, rewards_.size())] + extra, true, false};
  }

  [[nodiscard]] static constexpr Index state_size() { return kRandomStateSize; }
  void save_state(VectorRef<double> out) const { save_random_state(rng_, out); }
  void load_state(const Vector<double>& state) { load_random_state(state, rng_); }

 private:
  Vector<double> rewards_;
  double noise_;
  EnvironmentSpec spec_;
  Rng rng_;
};

}  // namespace vantage

#endif
