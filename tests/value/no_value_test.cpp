// SPDX-License-Identifier: MIT
#include "vantage/value/no_value.hpp"

#include "catch.hpp"
#include "vantage/advantage/gae.hpp"

using namespace vantage;

TEST_CASE("without a value function the advantage at lambda 1 is the discounted return") {
  Context context;
  Batch<double> batch;
  batch.resize(1, 1, 1, 3);
  batch.observations.setOnes();
  batch.rewards << 1, 2, 4;
  batch.endings << Ending::none, Ending::none, Ending::cut;
  batch.successors.setOnes(1, 1);
  batch.successor_samples = {2};
  NoValue<double> value;
  AdvantageEstimate<double> estimate;
  Gae{0.5, 1.0}(batch, value, context, estimate);
  CHECK(estimate.values == Vector<double>::Zero(3));
  CHECK(estimate.advantages == Vector<double>{{3, 4, 4}});
}

TEST_CASE("the update that does nothing reports nothing") {
  Context context;
  NoValue<float> value;
  NoValueUpdate update;
  const Matrix<float> inputs = Matrix<float>::Ones(1, 3);
  const Vector<float> targets = Vector<float>::Ones(3);
  const ValueReport report = update(value, inputs, targets, context);
  CHECK(report.steps == 0);
  CHECK(report.error_before == 0);
  Vector<float> values = Vector<float>::Ones(3);
  value.predict(inputs, context, values);
  CHECK(values == Vector<float>::Zero(3));
}
