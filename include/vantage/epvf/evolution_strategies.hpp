// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_EVOLUTION_STRATEGIES_HPP
#define VANTAGE_EPVF_EVOLUTION_STRATEGIES_HPP

#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/epvf/perturbation.hpp"
#include "vantage/epvf/policy_archive.hpp"
#include "vantage/epvf/policy_ascent.hpp"
#include "vantage/epvf/population_gradient.hpp"
#include "vantage/epvf/return_transform.hpp"
#include "vantage/epvf/weight_clip.hpp"
#include "vantage/optim/optimizer.hpp"
#include "vantage/update/policy_report.hpp"

namespace vantage {

struct EvolutionStrategiesOptions {
  ReturnScale return_transform = ReturnScale::rank;  ///< of the returns of a population, among themselves
  OptimizerOptions optimizer = AdamOptions{};        ///< which optimiser, and its learning rate
  double max_gradient_norm = 0;                      ///< l2 norm to which the gradient is clipped; 0: none
};

/// Evolution strategies: an optimiser's step of the centre up the gradient that the newest population shows, with no
/// value function between,
///
///     theta += Adam(g),  g_j = 1 / (M v_j) sum_i (y_i - mean y) (theta_ij - theta_j)
///
/// and y the returns' ranks among each other, followed by the weight clip of the centre. The published form has
/// antithetic Gaussian noise of one deviation.
/// Cost: a pass over the population's parameters.
/// Source: Salimans et al. 2017 (arXiv 1703.03864), algorithm 2 and section 2.1; without its weight decay.
template <class S>
class EvolutionStrategies {
 public:
  /// Throws: std::invalid_argument for a negative norm.
  explicit EvolutionStrategies(const EvolutionStrategiesOptions& options = {})
      : options_(options), transform_(options.return_transform), optimizer_(options.optimizer) {
    require(options.max_gradient_norm >= 0, "EvolutionStrategies", "max_gradient_norm >= 0", options.max_gradient_norm);
  }

  [[nodiscard]] const EvolutionStrategiesOptions& options() const { return options_; }
  [[nodiscard]] Optimizer<S>& optimizer() { return optimizer_; }

  /// The step that the newest population of the archive makes, which `perturbation` drew around this policy.
  /// `rate_factor` multiplies the learning rate, which is that of the context's progress.
  /// Throws: std::invalid_argument from an empty archive.
  template <class P>
  PolicyReport operator()(P& policy, const PolicyArchive<S>& archive, const Perturbation<S>& perturbation,
                          const WeightClip& clip, Context& context, double rate_factor = 1) {
    Vector<S>& theta = policy.parameters();
    archive.newest_population([&](const auto& policies, const auto& returned) {
      returns_ = returned.template cast<double>();
      transform_.fit(returns_);
      transform_.apply(returns_);
      population_gradient(theta, perturbation, policies, returns_, context, slope_);
    });
    optimizer_.set_progress(context.progress());
    PolicyReport report;
    gradient_ = slope_.template cast<S>();
    detail::step_up(theta, gradient_, options_.max_gradient_norm, clip, rate_factor, optimizer_, report);
    report.epochs = 1;
    report.ascent.boundary_share = boundary_share(clip, theta);
    return report;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive("optimizer", optimizer_);
  }

 private:
  EvolutionStrategiesOptions options_;
  ReturnTransform transform_;
  Optimizer<S> optimizer_;
  Vector<double> returns_, slope_;
  Vector<S> gradient_;
};

}  // namespace vantage

#endif
