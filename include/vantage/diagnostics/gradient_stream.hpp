// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_GRADIENT_STREAM_HPP
#define VANTAGE_DIAGNOSTICS_GRADIENT_STREAM_HPP

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/diagnostics/gradient_estimate.hpp"
#include "vantage/rollout/collector.hpp"

namespace vantage {

/// Advantages of a batch: an estimator together with a value function.
template <class S>
using AdvantageView = std::function<void(const Batch<S>&, Context&, AdvantageEstimate<S>&)>;

/// One stream of rollouts of a frozen policy, and the gradient after each of `sizes` samples: what independent streams
/// are made of, whose gradients are then compared. Each view judges the same rollouts by advantages of its own, such as
/// those of another value function. Advantages are formed for each batch, of at most source.options().steps steps and
/// ending at each size; the episode goes on in the next batch.
///
/// Returns an estimate for each size of each view, [view][size]. The stream goes on from where `source` is, so give it
/// a Collector::frozen of its own. `should_stop()` is asked before each batch; the sizes reached so far are returned.
/// `gamma`: weights samples by gamma^t; none: alike.
/// Throws: std::invalid_argument for no view, or sizes that do not rise or are no multiples of the number of
/// environments. Cost: collecting, and as GradientEstimate for each view. Source: Ilyas et al. 2020, arXiv 1811.02553
/// section 2.1.
template <Environment E, DifferentiablePolicy P>
[[nodiscard]] std::vector<std::vector<GradientEstimate>> gradient_stream(
    Collector<E>& source, const P& policy, const std::vector<AdvantageView<typename P::Scalar>>& views,
    const std::vector<Index>& sizes, Context& context, const std::function<bool()>& should_stop = {},
    std::optional<double> gamma = {}) {
  using S = typename P::Scalar;
  constexpr const char* kWho = "gradient_stream";
  require(!views.empty(), kWho, "a view of the advantages at least", views.size());
  require(!sizes.empty(), kWho, "a number of samples at least", sizes.size());
  const Index environments = source.environments().size();
  Index last = 0;
  for (const Index size : sizes) {
    require(size > last && size % environments == 0, kWho, "rising sizes, multiples of the environments", size);
    last = size;
  }
  std::vector<GradientEstimate> running(views.size(), GradientEstimate(gamma));
  std::vector<std::vector<GradientEstimate>> result(views.size());
  Batch<S> batch;
  AdvantageEstimate<S> estimate;
  Index samples = 0;
  for (const Index size : sizes) {
    while (samples < size) {
      if (should_stop && should_stop()) return result;
      source.collect(policy, context, batch, std::min((size - samples) / environments, source.options().steps));
      for (std::size_t view = 0; view < views.size(); ++view) {
        views[view](batch, context, estimate);
        running[view].add(policy, batch, estimate.advantages, context);
      }
      samples += batch.size();
    }
    for (std::size_t view = 0; view < views.size(); ++view) result[view].push_back(running[view]);
  }
  return result;
}

}  // namespace vantage

#endif
