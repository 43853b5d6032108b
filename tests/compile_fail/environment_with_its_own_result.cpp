// SPDX-License-Identifier: MIT
// expected error: StepsToStepResult
#include "vantage/env/vector_environment.hpp"

struct World {
  struct Result {
    double reward;
    bool terminated, fault;
  };
  vantage::EnvironmentSpec own;
  const vantage::EnvironmentSpec& spec() const { return own; }
  void reset(vantage::Rng&, vantage::VectorRef<double>) {}
  Result step(const vantage::Vector<double>&, vantage::VectorRef<double>) { return {}; }
};

vantage::VectorEnvironment<World> worlds{World{}};
