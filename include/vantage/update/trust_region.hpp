// SPDX-License-Identifier: MIT
#ifndef VANTAGE_UPDATE_TRUST_REGION_HPP
#define VANTAGE_UPDATE_TRUST_REGION_HPP

#include <algorithm>
#include <cmath>
#include <limits>

#include "vantage/core/context.hpp"
#include "vantage/core/error.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

/// How far a policy moved, measured on the batch it learned from. Divergences in nats; ratio = pi_after / pi_before.
struct StepMeasure {
  double mean_kl = 0;        ///< mean over states of KL(before || after)
  double max_kl = 0;         ///< largest over states
  double min_ratio = 1;      ///< over samples
  double max_ratio = 1;      ///< over samples
  double clip_fraction = 0;  ///< share of samples with |ratio - 1| > clip_range
  double entropy = 0;        ///< mean over states of the policy after
};

/// Of a step that nobody measured: "not a number" throughout.
[[nodiscard]] inline StepMeasure not_measured() {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  return {kNone, kNone, kNone, kNone, kNone, kNone};
}

/// What to do when a step left the trust region.
enum class OnViolation {
  observe,  ///< report it
  stop,     ///< report it and end the epochs of this update
  revert    ///< stop, and restore the policy and its optimiser as they were before the epoch
};

/// Bounds of a StepMeasure; infinite means unbounded.
struct TrustRegionOptions {
  double max_mean_kl = std::numeric_limits<double>::infinity();   ///< of mean_kl, nats
  double max_state_kl = std::numeric_limits<double>::infinity();  ///< of max_kl, nats
  double min_ratio = 0;                                           ///< of the smallest ratio, <= 1
  double max_ratio = std::numeric_limits<double>::infinity();     ///< of the largest ratio, >= 1
  double max_clip_fraction = 1;                                   ///< of clip_fraction, >= 0
  double clip_range = 0.2;  ///< what counts as clipped; updates that clip put their own range here
  OnViolation on_violation = OnViolation::observe;  ///< what then becomes of the update
};

/// Throws: std::invalid_argument for a bound that no step can keep.
inline void validate(const TrustRegionOptions& options) {
  require(options.max_mean_kl >= 0, "TrustRegionOptions", "max_mean_kl >= 0", options.max_mean_kl);
  require(options.max_state_kl >= 0, "TrustRegionOptions", "max_state_kl >= 0", options.max_state_kl);
  require(options.min_ratio <= 1, "TrustRegionOptions", "min_ratio <= 1", options.min_ratio);
  require(options.max_ratio >= 1, "TrustRegionOptions", "max_ratio >= 1", options.max_ratio);
  require(options.max_clip_fraction >= 0, "TrustRegionOptions", "max_clip_fraction >= 0", options.max_clip_fraction);
  require(options.clip_range >= 0, "TrustRegionOptions", "clip_range >= 0", options.clip_range);
}

/// Whether some step could leave the region.
[[nodiscard]] inline bool is_bounded(const TrustRegionOptions& region) {
  return std::isfinite(region.max_mean_kl) || std::isfinite(region.max_state_kl) || region.min_ratio > 0 ||
         std::isfinite(region.max_ratio) || region.max_clip_fraction < 1;
}

/// Whether what an update does depends on a measure of its step: numbers that are no longer finite leave any region, an
/// unbounded one too.
[[nodiscard]] inline bool is_checked(const TrustRegionOptions& region) {
  return is_bounded(region) || region.on_violation != OnViolation::observe;
}

/// Whether a step left the region; a measure that is not a number did.
[[nodiscard]] inline bool violates(const StepMeasure& step, const TrustRegionOptions& region) {
  const bool inside = step.mean_kl <= region.max_mean_kl && step.max_kl <= region.max_state_kl &&
                      step.min_ratio >= region.min_ratio && step.max_ratio <= region.max_ratio &&
                      step.clip_fraction <= region.max_clip_fraction;
  return !inside;
}

namespace detail {

template <class S>
struct StepScratch {
  Vector<S> log_probs;
  Vector<S> kl;
  Vector<S> entropy;
};

}  // namespace detail

/// Measures the step from `before` to `after` on the states and actions of a batch that `before` collected.
/// Cost: two forward passes. Source: Ilyas et al. 2020 (arXiv 1811.02553), appendix; Engstrom et al. 2020, section 4.
template <class P, class S>
[[nodiscard]] StepMeasure measure_step(const P& before, const P& after, const Batch<S>& batch, Context& context,
                                       double clip_range = 0.2) {
  auto& scratch = context.local<detail::StepScratch<S>>(0);
  const Index samples = batch.size();
  scratch.log_probs.resize(samples);
  scratch.kl.resize(samples);
  scratch.entropy.resize(samples);
  before.compare(after, batch.observations, batch.actions, context, scratch.log_probs, scratch.kl, scratch.entropy);

  StepMeasure step;
  step.min_ratio = std::numeric_limits<double>::infinity();
  step.max_ratio = 0;
  for (Index n = 0; n < samples; ++n) {
    const double ratio = std::exp(static_cast<double>(scratch.log_probs[n]) - static_cast<double>(batch.log_probs[n]));
    const auto kl = static_cast<double>(scratch.kl[n]);
    step.mean_kl += kl;
    step.max_kl = std::max(step.max_kl, kl);
    step.min_ratio = std::min(step.min_ratio, ratio);
    step.max_ratio = std::max(step.max_ratio, ratio);
    step.clip_fraction += std::abs(ratio - 1) > clip_range ? 1 : 0;
    step.entropy += static_cast<double>(scratch.entropy[n]);
  }
  const auto count = static_cast<double>(samples);
  step.mean_kl /= count;
  step.clip_fraction /= count;
  step.entropy /= count;
  return step;
}

}  // namespace vantage

#endif
