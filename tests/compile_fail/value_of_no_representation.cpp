// SPDX-License-Identifier: MIT
// expected error: Representation
#include "vantage/epvf/policy_conditioned_value.hpp"

struct Features {
  using Scalar = float;
  struct Tape {};
  vantage::Index feature_size() const { return 3; }
};

vantage::PolicyConditionedValue<float, Features>* value;
