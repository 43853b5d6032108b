// SPDX-License-Identifier: MIT
// expected error: FilePolicy
#include "vantage/policy/policy_file.hpp"

struct Policy {
  using Scalar = float;
};

void save(const Policy& policy, const vantage::EnvironmentSpec& spec) {
  vantage::save_policy("policy", policy, nullptr, vantage::ActionMap::clip, spec);
}
