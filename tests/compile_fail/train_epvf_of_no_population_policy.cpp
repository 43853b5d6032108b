// SPDX-License-Identifier: MIT
// expected error: train_epvf: expected a policy that is Parameterised and a PopulationPolicy
#include "vantage/env/point_mass.hpp"
#include "vantage/epvf/policy_conditioned_value.hpp"
#include "vantage/epvf/train_epvf.hpp"
#include "vantage/policy/gaussian_policy.hpp"

using namespace vantage;
using Learner = EpvfAgent<GaussianPolicy<float>, PolicyConditionedValue<float>>;

void run(PopulationEvaluator<PointMass>& source, Learner& agent, Context& context, TrainingProgress& progress) {
  train_epvf(source, agent, context, {}, progress);
}
