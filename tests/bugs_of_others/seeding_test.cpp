// SPDX-License-Identifier: MIT
// Worlds that are the same though their seeds differ: world e of seed s seeded with s + e, so that runs of neighbouring
// seeds share most of their starts (Stable-Baselines3 #2268, TorchRL #129), all worlds of a vector with one seed
// (stable-baselines #675, Minigrid #173), seeds cut to 32 bits (Grid2Op #331).
#include <cstdint>
#include <set>

#include "catch.hpp"
#include "vantage/env/vector_environment.hpp"
#include "walk.hpp"

using namespace vantage;

TEST_CASE("no two worlds of any two seeds start alike") {
  std::set<double> starts;
  const std::uint64_t beyond = std::uint64_t{1} << 32;
  for (const std::uint64_t seed : {0UL, 1UL, 2UL, 3UL, 4UL, 2735729614UL, beyond, beyond + 1, beyond << 31}) {
    const VectorEnvironment<Walk> worlds(Walk(), {.count = 16, .seed = seed});
    for (Index e = 0; e < 16; ++e) starts.insert(worlds.observation(e)[0]);
  }
  CHECK(starts.size() == 9 * 16);
}
