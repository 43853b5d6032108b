// SPDX-License-Identifier: MIT
// expected error: a view of numbers that it keeps
#include "vantage/env/vector_environment.hpp"

struct World {
  vantage::EnvironmentSpec own;
  const vantage::EnvironmentSpec& spec() const { return own; }
  void reset(vantage::Rng&, vantage::VectorRef<double>) {}
  vantage::StepResult step(const vantage::Vector<double>&, vantage::VectorRef<double>) { return {}; }
  std::vector<double> critic_observation() const { return {1, 2}; }
};

vantage::VectorEnvironment<World> worlds{World{}};
