// SPDX-License-Identifier: MIT
// expected error: to be saved, an environment needs state_size
#include "vantage/env/vector_environment.hpp"
#include "vantage/io/archive.hpp"

struct World {
  vantage::EnvironmentSpec own;
  const vantage::EnvironmentSpec& spec() const { return own; }
  void reset(vantage::Rng&, vantage::VectorRef<double>) {}
  vantage::StepResult step(const vantage::Vector<double>&, vantage::VectorRef<double>) { return {}; }
};

void save(vantage::VectorEnvironment<World>& worlds) { vantage::save_state("state", worlds); }
