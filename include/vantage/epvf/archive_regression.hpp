// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_ARCHIVE_REGRESSION_HPP
#define VANTAGE_EPVF_ARCHIVE_REGRESSION_HPP

#include <algorithm>

#include "vantage/core/context.hpp"
#include "vantage/epvf/policy_archive.hpp"
#include "vantage/epvf/return_transform.hpp"
#include "vantage/value/value_regression.hpp"

namespace vantage {

/// The value steps of one iteration of EPVF: each on the whole archive, in place, or on a minibatch of policies drawn
/// from it. V learns transformed returns.
template <class S>
class ArchiveRegression {
 public:
  /// Makes the steps; value errors in the report are of the transformed returns.
  template <class V>
  ValueReport operator()(V& value, PolicyArchive<S>& archive, const ReturnTransform& transform,
                         ValueRegression<S>& update, Context& context) {
    const Index count = update.options().minibatch;
    if (count == 0) {
      returns_ = archive.returns();
      transform.apply(returns_);
      return update(value, archive.policies(), returns_, context);
    }
    ValueReport report;
    report.steps = update.options().steps;
    // errors on the newest policies, which V has not seen before the first step
    archive.newest(std::min(archive.options().population, count), policies_, returns_);
    transform.apply(returns_);
    update.measure(value, policies_, returns_, context, report.error_before, report.explained_variance);
    for (Index step = 0; step < report.steps; ++step) {
      archive.draw(count, context.rng(), drawn_, drawn_returns_);
      transform.apply(drawn_returns_);
      report.gradient_norm = update.step(value, drawn_, drawn_returns_, context);
    }
    double unused = 0;
    update.measure(value, policies_, returns_, context, report.error_after, unused);
    return report;
  }

  /// How many policies the steps of an iteration are on at the most.
  [[nodiscard]] static Index most_policies(const PolicyArchive<S>& archive, const ValueRegressionOptions& options) {
    const Index all = archive.capacity(), batch = options.minibatch;
    if (batch == 0 || options.steps >= (all + batch - 1) / batch) return all;
    return std::max<Index>(1, batch * options.steps);
  }

 private:
  Matrix<S> policies_, drawn_;
  Vector<S> returns_, drawn_returns_;
};

}  // namespace vantage

#endif
