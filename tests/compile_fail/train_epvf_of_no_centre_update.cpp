// SPDX-License-Identifier: MIT
// expected error: train_epvf: expected a policy update that climbs this value, such as PolicyAscent, or that learns
#include "vantage/env/point_mass.hpp"
#include "vantage/epvf/train_epvf.hpp"
#include "vantage/policy/deterministic_policy.hpp"

using namespace vantage;
// nothing to climb
using Learner = EpvfAgent<DeterministicPolicy<float>, NoValue<float>, NoValueUpdate, PolicyAscent<float>>;

void run(PopulationEvaluator<PointMass>& source, Learner& agent, Context& context, TrainingProgress& progress) {
  train_epvf(source, agent, context, {}, progress);
}
