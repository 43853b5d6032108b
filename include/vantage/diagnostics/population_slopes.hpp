// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_POPULATION_SLOPES_HPP
#define VANTAGE_DIAGNOSTICS_POPULATION_SLOPES_HPP

#include <cmath>
#include <cstdint>
#include <utility>

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/epvf/perturbation.hpp"
#include "vantage/epvf/population_gradient.hpp"
#include "vantage/epvf/return_transform.hpp"
#include "vantage/epvf/weight_clip.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

struct PopulationSlopesOptions {
  Index populations = 20;                            ///< R
  Index policies = 64;                               ///< of each
  ReturnScale return_transform = ReturnScale::none;  ///< of the returns of a population, among themselves
  double survival_bonus = 0;                         ///< taken off the return for each step
  std::uint64_t seed = 1;  ///< population r is drawn from the stream (seed, frozen_rollout, r)
};

/// Independent estimates of the slope of returns at a centre that stays as it is: what each of R fresh populations says
/// alone, the step of evolution strategies (population_gradient). What GradientEstimate is to a policy gradient: see
/// pairwise_cosine, noise_scale, in policies, and slope_quality for what they make of it.
/// `source` plays with statistics that are frozen and episodes of its own, as PopulationEvaluator::frozen does.
/// `go_on()` is asked before each population; the columns are those that were played.
/// Shapes: P x R. The same bits for any number of threads; the context's random numbers are left alone.
/// Throws: std::invalid_argument for fewer than one population or policy, or a bonus that is not finite.
/// Cost: R populations; the parameters of one.
template <class P, PopulationSource<P> Source, class GoOn>
[[nodiscard]] Matrix<double> population_slopes(Source& source, const P& policy,
                                               const Perturbation<typename P::Scalar>& perturbation,
                                               const WeightClip& clip, Context& context,
                                               const PopulationSlopesOptions& options, GoOn&& go_on) {
  using S = typename P::Scalar;
  constexpr const char* kWho = "population_slopes";
  require(options.populations >= 1, kWho, "populations >= 1", options.populations);
  require(options.policies >= 1, kWho, "policies >= 1", options.policies);
  require(std::isfinite(options.survival_bonus), kWho, "a finite survival_bonus", options.survival_bonus);
  const Vector<S>& centre = policy.parameters();
  Matrix<S> policies(centre.size(), options.policies);
  Matrix<double> slopes(centre.size(), options.populations);
  Vector<double> returns(options.policies), slope;
  EpisodeStatistics episodes;
  ReturnTransform transform(options.return_transform);
  Index played = 0;
  for (; played < options.populations && go_on(); ++played) {
    const auto index = static_cast<std::uint64_t>(played);
    const Rng kept = std::exchange(context.rng(), Rng(options.seed, StreamPurpose::frozen_rollout, index));
    perturbation(centre, clip, context, policies);
    context.rng() = kept;
    source(policy, policies, context, episodes);
    for (Index i = 0; i < returns.size(); ++i) returns[i] = episodes.return_without(options.survival_bonus, i);
    transform.fit(returns);
    transform.apply(returns);
    population_gradient(centre, perturbation, policies, returns, context, slope);
    slopes.col(played) = slope;
  }
  return slopes.leftCols(played);
}

/// All of them.
template <class P, PopulationSource<P> Source>
[[nodiscard]] Matrix<double> population_slopes(Source& source, const P& policy,
                                               const Perturbation<typename P::Scalar>& perturbation,
                                               const WeightClip& clip, Context& context,
                                               const PopulationSlopesOptions& options = {}) {
  return population_slopes(source, policy, perturbation, clip, context, options, [] { return true; });
}

}  // namespace vantage

#endif
