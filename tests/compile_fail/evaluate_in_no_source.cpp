// SPDX-License-Identifier: MIT
// expected error: WorldSource
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/evaluate.hpp"

struct Source {
  int world;
};

auto play(const vantage::GaussianPolicy<float>& policy, vantage::Context& context) {
  return vantage::evaluate(Source{}, policy, context).returns;
}
