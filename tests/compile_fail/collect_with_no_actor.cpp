// SPDX-License-Identifier: MIT
// expected error: Actor
#include "vantage/env/point_mass.hpp"
#include "vantage/rollout/collector.hpp"

struct Policy {
  using Scalar = float;
  void sample(const vantage::Matrix<float>&, vantage::Matrix<float>&) const {}
};

void collect(vantage::Collector<vantage::PointMass>& source, vantage::Context& context, vantage::Batch<float>& batch) {
  source.collect(Policy{}, context, batch);
}
