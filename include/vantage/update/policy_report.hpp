// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_POLICY_REPORT_HPP
#define VANTAGE_UPDATE_POLICY_REPORT_HPP

#include <limits>

#include "vantage/update/trust_region.hpp"

namespace vantage {

/// What conjugate gradients and the line search of a natural gradient step did; all zero for other methods.
struct NaturalStepReport {
  Index cg_iterations = 0;          ///< products with the Fisher matrix whose step was taken
  double cg_residual = 0;           ///< |g - H x| / |g|
  double curvature = 0;             ///< x'H x, or x'F x where the damping is left out: what scaled the step
  double expected_improvement = 0;  ///< of the surrogate by the whole step, to first order
  double improvement = 0;           ///< of the surrogate by the last step tried
  Index backtracks = 0;             ///< times that one was shortened
  double step_fraction = 0;         ///< of the whole step, as taken
  bool accepted = false;            ///< else the policy was kept as it was
};

/// What a step of a population's centre came to (EPVF and its controls), before any revert; zero and not a number for
/// other methods.
struct AscentReport {
  double predicted_return = 0;  ///< V of the policy after the last step; 0 where there is no V
  double boundary_share = 0;    ///< share of the parameters that lie at the bound of the weight clip
  /// Length of the whole step, in root mean square distances of the perturbed copies; NaN where there are none.
  double noise_share = std::numeric_limits<double>::quiet_NaN();
  /// Mean return of the centre itself after the last step, less the survival bonus; NaN where it is not played.
  double centre_return = std::numeric_limits<double>::quiet_NaN();
  /// What that fell by from before the steps, in deviations of the archive's returns; negative where it rose.
  double centre_drop = std::numeric_limits<double>::quiet_NaN();
};

/// What a policy update did.
struct PolicyReport {
  StepMeasure step;          ///< of the whole update, before any revert; NaN where the context does not measure
  double gradient_norm = 0;  ///< l2 norm of the (last) policy gradient before clipping
  double learning_rate = 0;  ///< of the last optimiser step; 0 for updates without one
  double kl_penalty = 0;     ///< coefficient beta of PPO-Penalty in this update
  Index epochs = 0;          ///< optimiser passes made
  bool violated = false;     ///< the step left the trust region
  bool stopped = false;      ///< and the epochs ended there
  bool reverted = false;     ///< and it was taken back
  double noise_scale =
      std::numeric_limits<double>::quiet_NaN();  ///< of the gradient at its start, samples; NaN: not measured
  NaturalStepReport natural = {};                ///< of NaturalGradient
  AscentReport ascent = {};                      ///< of PolicyAscent and its controls
};

}  // namespace vantage

#endif
