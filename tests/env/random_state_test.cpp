// SPDX-License-Identifier: MIT
#include "vantage/env/random_state.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("a saved random stream goes on with the same numbers") {
  Rng rng(7, 3);
  for (int i = 0; i < 5; ++i) static_cast<void>(rng.normal());
  Vector<double> saved = Vector<double>::Constant(kRandomStateSize, -1);
  save_random_state(rng, saved);
  for (const double half : saved) {
    CHECK(half >= 0);
    CHECK(half < 4294967296.0);
    CHECK(half == std::floor(half));
  }
  Rng other(1);
  load_random_state(saved, other);
  CHECK(other == rng);
  // the normal that is kept for the next call too
  for (int i = 0; i < 5; ++i) CHECK(other.normal() == rng.normal());
}
