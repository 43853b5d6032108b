// SPDX-License-Identifier: MIT
// expected error: expected a RegularizedPolicy
#include "vantage/policy/any_policy.hpp"
#include "vantage/update/ppo.hpp"

vantage::Ppo<vantage::AnyPolicy<float>> update;
