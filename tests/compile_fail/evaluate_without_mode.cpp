// SPDX-License-Identifier: MIT
// expected error: ActorWithMode
#include "vantage/env/point_mass.hpp"
#include "vantage/rollout/evaluate.hpp"

struct Policy {
  using Scalar = float;
  void sample(vantage::ConstMatrixRef<float>, std::span<vantage::Rng>, vantage::MatrixRef<float>,
              vantage::VectorRef<float>, vantage::Context&, vantage::Index) const {}
};

auto play(vantage::Context& context) {
  return vantage::evaluate(vantage::PointMass(), Policy{}, nullptr, context).returns;
}
