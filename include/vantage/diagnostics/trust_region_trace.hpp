// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_TRUST_REGION_TRACE_HPP
#define VANTAGE_DIAGNOSTICS_TRUST_REGION_TRACE_HPP

#include <optional>
#include <vector>

#include "vantage/advantage/advantage_normalization.hpp"
#include "vantage/diagnostics/surrogate_value.hpp"
#include "vantage/update/policy_step.hpp"
#include "vantage/update/trust_region.hpp"

namespace vantage {

/// How far a policy moved and what it gained, on one batch.
struct TrustRegionMeasure {
  StepMeasure step;          ///< divergence, ratios, entropy
  SurrogateValue surrogate;  ///< what the samples say was gained
};

/// Both of a policy on a batch that `before` drew. Shapes: advantages N. Throws: as surrogate_value.
/// Cost: three forward passes.
template <class P>
[[nodiscard]] TrustRegionMeasure measure_trust_region(const P& before, const P& after,
                                                      const Batch<typename P::Scalar>& batch,
                                                      const Vector<typename P::Scalar>& advantages, Context& context,
                                                      double clip_range = 0.2) {
  return {measure_step(before, after, batch, context, clip_range),
          surrogate_value(after, batch, advantages, context, clip_range)};
}

/// An update on its way.
struct TrustRegionEntry {
  Index update = 0;                            ///< which, from 0, of those that were seen
  Index steps = 0;                             ///< optimiser steps it had made
  bool finished = false;                       ///< it made no more: what the update came to
  TrustRegionMeasure batch;                    ///< on the samples it learned from
  std::optional<TrustRegionMeasure> held_out;  ///< on others that the same policy drew, where there are any
};

struct TrustRegionTraceOptions {
  double clip_range = 0.2;           ///< of clip fractions and clipped surrogates: that of the update
  bool normalize_advantages = true;  ///< over each batch, for the surrogates; else they are taken as they are
  Index every = 1;                   ///< steps from one entry of an update to the next; its first and its end are kept
};

/// Watches updates: KL, ratios, clip fraction, entropy and surrogate of the policy before each optimiser step and at
/// the end, on the batch and on a held-out one. Give it to an update by reference:
///
///     TrustRegionTrace<P> trace({.clip_range = 0.2});
///     update.observe_steps(std::ref(trace));
///
/// The first entry of an update is that of the policy which drew the batch: ratio 1, divergence 0. A plain policy
/// gradient of one step on the whole batch shows nothing else until it is finished. Cost: per entry and batch three
/// forward passes. Source: Ilyas et al. 2020, arXiv 1811.02553, appendix; Engstrom et al. 2020, arXiv 2005.12729
/// section 4; Wang et al. 2025, arXiv 2505.19247 figure 2, inside the update.
template <class P>
class TrustRegionTrace {
 public:
  using S = typename P::Scalar;

  /// Throws: std::invalid_argument for every < 1 or a clip range below 0.
  explicit TrustRegionTrace(const TrustRegionTraceOptions& options = {}) : options_(options) {
    require(options.every >= 1, "TrustRegionTrace", "every >= 1", options.every);
    require(options.clip_range >= 0, "TrustRegionTrace", "clip_range >= 0", options.clip_range);
  }

  /// Measures on this batch too, from the next entry on: one that the policy drew before the update to come, as it drew
  /// the update's own. Shapes: advantages N. Throws: std::invalid_argument for advantages that are not one a sample.
  void hold_out(const Batch<S>& batch, const Vector<S>& advantages) {
    require(advantages.size() == batch.size(), "TrustRegionTrace", "an advantage a sample", advantages.size());
    held_out_ = batch;
    held_out_advantages_ = weights(advantages);
  }

  /// Held-out samples of a policy that is no more are of no use.
  void end_hold_out() { held_out_.reset(); }

  /// Adds an entry.
  void operator()(const PolicyStep<P>& step, Context& context) {
    if (step.steps == 0 && !step.finished) ++updates_;
    if (step.steps % options_.every != 0 && !step.finished) return;
    TrustRegionEntry entry{
        .update = updates_ - 1, .steps = step.steps, .finished = step.finished, .batch = {}, .held_out = {}};
    entry.batch = measure_trust_region(step.before, step.policy, step.batch, weights(step.advantages), context,
                                       options_.clip_range);
    if (held_out_) {
      entry.held_out = measure_trust_region(step.before, step.policy, *held_out_, held_out_advantages_, context,
                                            options_.clip_range);
    }
    entries_.push_back(entry);
  }

  /// What was seen so far, in order.
  [[nodiscard]] const std::vector<TrustRegionEntry>& entries() const { return entries_; }

  /// Forgets all entries and begins to count updates anew.
  void clear() {
    entries_.clear();
    updates_ = 0;
  }

 private:
  [[nodiscard]] Vector<S> weights(const Vector<S>& advantages) const {
    Vector<S> result = advantages;
    if (options_.normalize_advantages) normalize_advantages(result);
    return result;
  }

  TrustRegionTraceOptions options_;
  std::optional<Batch<S>> held_out_;
  Vector<S> held_out_advantages_;
  std::vector<TrustRegionEntry> entries_;
  Index updates_ = 0;
};

}  // namespace vantage

#endif
