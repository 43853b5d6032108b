// SPDX-License-Identifier: MIT
// expected error: this policy is not a value function too. Use an ActorCritic
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/update/joint_update.hpp"

vantage::JointUpdate<vantage::GaussianPolicy<float>> update;
