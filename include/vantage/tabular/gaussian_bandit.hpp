// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TABULAR_GAUSSIAN_BANDIT_HPP
#define VANTAGE_TABULAR_GAUSSIAN_BANDIT_HPP

#include <cmath>
#include <limits>

#include "vantage/core/error.hpp"
#include "vantage/core/random.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

/// A bandit with one real action: one choice, then the end. It pays r = -(a - a*)^2.
///
/// The observation is the constant 1. For a ~ N(mu, sigma^2), with D = mu - a*, all is known in closed form:
///
///     J = -(D^2 + sigma^2),   dJ/dmu = -2 D,   dJ/dlog sigma = -2 sigma^2
///
/// and so is the variance of the score-function estimate (r - b) (a - mu) / sigma^2 of dJ/dmu from one sample:
///
///     Var(b) = [(D^2 + b)^2 + 12 D^2 sigma^2 + 6 (D^2 + b) sigma^2 + 15 sigma^4] / sigma^2 - 4 D^2
///
/// Shapes: observation 1, action 1.
class GaussianBandit {
 public:
  /// `best`: a*. Throws: std::invalid_argument where it is not finite.
  explicit GaussianBandit(double best = 0) : best_(best) {
    require(std::isfinite(best), "GaussianBandit", "a finite best action", best);
    spec_.name = "GaussianBandit";
    spec_.observation_size = 1;
    spec_.action_high = Vector<double>::Constant(1, std::numeric_limits<double>::infinity());
    spec_.action_low = -spec_.action_high;
  }

  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }
  /// a*.
  [[nodiscard]] double best() const { return best_; }

  /// J of a normal policy.
  [[nodiscard]] double objective(double mean, double sigma) const { return -(square(mean - best_) + square(sigma)); }
  /// dJ/dmu.
  [[nodiscard]] double mean_gradient(double mean) const { return -2 * (mean - best_); }
  /// dJ/dlog sigma.
  [[nodiscard]] static double log_std_gradient(double sigma) { return -2 * square(sigma); }

  /// Of the mean, times the inverse Fisher information sigma^2.
  [[nodiscard]] double natural_mean_gradient(double mean, double sigma) const {
    return square(sigma) * mean_gradient(mean);
  }
  /// Of log sigma, times the inverse Fisher information 1/2.
  [[nodiscard]] static double natural_log_std_gradient(double sigma) { return -square(sigma); }

  /// Variance of the one-sample estimate of dJ/dmu with a constant baseline b.
  [[nodiscard]] double score_variance(double mean, double sigma, double baseline) const {
    const double d2 = square(mean - best_);
    const double s2 = square(sigma);
    const double rest = d2 + baseline;
    return (square(rest) + 12 * d2 * s2 + 6 * rest * s2 + 15 * s2 * s2) / s2 - 4 * d2;
  }

  /// The value of the only state, b = J. It is not the baseline of the least variance.
  [[nodiscard]] double value_baseline(double mean, double sigma) const { return objective(mean, sigma); }

  /// The baseline of the least variance, E[score^2 r] / E[score^2] = -(D^2 + 3 sigma^2).
  [[nodiscard]] double optimal_baseline(double mean, double sigma) const {
    return -(square(mean - best_) + 3 * square(sigma));
  }

  void reset(Rng&, VectorRef<double> observation) { observation[0] = 1; }

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    observation[0] = 1;
    return {-square(action[0] - best_), true, !std::isfinite(action[0])};
  }

 private:
  static double square(double x) { return x * x; }

  double best_;
  EnvironmentSpec spec_;
};

/// Moments of the importance ratio rho = p(a) / q(a) between normals of one deviation whose means are `shift`
/// deviations apart, a ~ q: E[rho] = 1, E[rho^2] = exp(shift^2), KL = shift^2 / 2 either way. The effective share of a
/// sample is 1 / E[rho^2].
struct GaussianRatio {
  double shift = 0;  ///< distance of the means, in deviations

  /// E[rho^2].
  [[nodiscard]] double second_moment() const { return std::exp(shift * shift); }
  /// Of either from the other, nats.
  [[nodiscard]] double kl() const { return 0.5 * shift * shift; }
  /// 1 / E[rho^2].
  [[nodiscard]] double effective_share() const { return std::exp(-shift * shift); }
};

}  // namespace vantage

#endif
