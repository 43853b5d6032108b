// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_POLICY_SWITCHES_HPP
#define VANTAGE_TESTS_POLICY_SWITCHES_HPP

#include "vantage/env/spec.hpp"

/// A task of three discrete actions on two numbers.
inline vantage::EnvironmentSpec switches() {
  vantage::EnvironmentSpec spec;
  spec.name = "switches";
  spec.observation_size = 2;
  spec.discrete_actions = 3;
  return spec;
}

#endif
