// SPDX-License-Identifier: MIT
// expected error: ResetsIntoColumn
#include "vantage/env/check_environment.hpp"

struct World {
  vantage::EnvironmentSpec own;
  const vantage::EnvironmentSpec& spec() const { return own; }
  void reset(vantage::Rng&, vantage::Vector<double>&) {}
  vantage::StepResult step(const vantage::Vector<double>&, vantage::VectorRef<double>) { return {}; }
};

const auto report = vantage::check_environment(World{});
