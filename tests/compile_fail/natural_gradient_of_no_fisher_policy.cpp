// SPDX-License-Identifier: MIT
// expected error: expected a FisherPolicy
#include "vantage/policy/any_policy.hpp"
#include "vantage/update/natural_gradient.hpp"

vantage::NaturalGradient<vantage::AnyPolicy<float>> update;
