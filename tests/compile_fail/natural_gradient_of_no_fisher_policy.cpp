// SPDX-License-Identifier: MIT
// expected error: this policy is no FisherPolicy
#include "vantage/policy/any_policy.hpp"
#include "vantage/update/natural_gradient.hpp"

vantage::NaturalGradient<vantage::AnyPolicy<float>> update;
