// SPDX-License-Identifier: MIT
// expected error: train: expected a ValueUpdate
#include "vantage/advantage/gae.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/no_value.hpp"

using namespace vantage;
using Policy = GaussianPolicy<float>;

struct Fit {
  void operator()(NoValue<float>&, ConstMatrixRef<float>, const Vector<float>&, Context&) {}
};

void run(Collector<PointMass>& source, Context& context, TrainingProgress& progress) {
  Agent agent{Policy(2, 1, {}, context.rng()), NoValue<float>{}, Gae{}, Fit{}, Vpg<Policy>()};
  train(source, agent, context, {}, progress);
}
