// SPDX-License-Identifier: MIT
// expected error: PopulationPolicy
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/population_evaluator.hpp"

void play(vantage::PopulationEvaluator<vantage::PointMass>& source, const vantage::GaussianPolicy<float>& policy,
          const vantage::Matrix<float>& thetas, vantage::Context& context, vantage::EpisodeStatistics& episodes) {
  source(policy, thetas, context, episodes);
}
