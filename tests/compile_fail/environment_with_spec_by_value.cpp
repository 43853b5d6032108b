// SPDX-License-Identifier: MIT
// expected error: GivesSpecByReference
#include "vantage/env/vector_environment.hpp"

struct World {
  vantage::EnvironmentSpec spec() const { return {}; }
  void reset(vantage::Rng&, vantage::VectorRef<double>) {}
  vantage::StepResult step(const vantage::Vector<double>&, vantage::VectorRef<double>) { return {}; }
};

vantage::VectorEnvironment<World> worlds{World{}};
