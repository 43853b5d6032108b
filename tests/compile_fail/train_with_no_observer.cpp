// SPDX-License-Identifier: MIT
// expected error: train: an observer is called as
#include "vantage/advantage/gae.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/no_value.hpp"

using namespace vantage;
using Policy = GaussianPolicy<float>;

void run(Collector<PointMass>& source, Context& context, TrainingProgress& progress) {
  Agent agent{Policy(2, 1, {}, context.rng()), NoValue<float>{}, Gae{}, NoValueUpdate{}, Vpg<Policy>()};
  train(source, agent, context, {}, progress, [](const IterationReport& report) { return report.mean_return > 0; });
}
