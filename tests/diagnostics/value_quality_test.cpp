// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/value_quality.hpp"

#include "catch.hpp"
#include "vantage/tabular/linear_quadratic.hpp"

using namespace vantage;

TEST_CASE("errors on targets, and on the returns of whole episodes or of all, by hand") {
  // V(s) = -s^2, one world: an episode that terminates, one that the limit cuts, one that goes on
  const QuadraticValue value{.curvature = Matrix<double>{{1}}, .constant = 0};
  Batch<double> batch;
  batch.resize(1, 1, 1, 6);
  batch.observations << 1, 2, 3, 4, 5, 6;
  batch.rewards << 1, -2, 4, 8, 16, 32;
  batch.endings << Ending::none, Ending::terminated, Ending::none, Ending::truncated, Ending::none, Ending::cut;
  batch.successors = Matrix<double>{{7, 8}};
  batch.successor_samples = {3, 5};
  AdvantageEstimate<double> estimate;
  estimate.value_targets = Vector<double>{{-2, -4, -9, -16, -25, -36}};
  Context context;

  const ValueQuality whole = value_quality(batch, estimate, value, 0.5, context);
  CHECK(whole.targets.mean_relative == Approx(0.5 / 6).epsilon(1e-15));
  // returns 1 - 0.5 * 2 = 0 and -2 against -1 and -4: the ratio of the first cannot be formed
  CHECK(whole.returns.zero_targets == 1);
  CHECK(whole.returns.mean_relative == 1);
  CHECK(whole.returns.total_relative == 1.5);

  // -16.5 = 8 - 49 / 2, -4.25 = 4 - 16.5 / 2; 0 = 32 - 64 / 2 and 16 + 0 / 2
  const ValueQuality all = value_quality(batch, estimate, value, 0.5, context, ComparedReturns::all);
  CHECK(all.returns.zero_targets == 2);
  CHECK(all.returns.mean_relative == Approx((1 + 0.5 / 16.5 + 4.75 / 4.25 + 41.0 / 16) / 4).epsilon(1e-14));

  // without a rest: 8, 4 + 8 / 2, 32, 16 + 32 / 2
  const ValueQuality published = value_quality(batch, estimate, value, 0.5, context, ComparedReturns::published);
  CHECK(published.returns.mean_relative == Approx((1 + 17.0 / 8 + 3 + 57.0 / 32 + 68.0 / 32) / 5).epsilon(1e-14));

  batch.endings(1) = Ending::truncated;
  batch.successors = Matrix<double>{{9, 7, 8}};
  batch.successor_samples = {1, 3, 5};
  CHECK(std::isnan(value_quality(batch, estimate, value, 0.5, context).returns.mean_relative));
  estimate.value_targets.resize(5);
  CHECK_THROWS_AS(value_quality(batch, estimate, value, 0.5, context), std::invalid_argument);
}
