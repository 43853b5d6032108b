// SPDX-License-Identifier: MIT
// expected error: Give the value function a network of its own, or train both with JointUpdate
#include "vantage/policy/actor_critic.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/update/natural_gradient.hpp"

vantage::NaturalGradient<vantage::ActorCritic<vantage::GaussianPolicy<float>>> update;
