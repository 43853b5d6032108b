// SPDX-License-Identifier: MIT
// expected error: ValueFunction
#include "vantage/advantage/gae.hpp"

struct Value {
  double predict(double) const { return 0; }
};

void estimate(const vantage::Batch<float>& batch, vantage::Context& context, vantage::AdvantageEstimate<float>& out) {
  vantage::Gae{}(batch, Value{}, context, out);
}
