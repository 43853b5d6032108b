// SPDX-License-Identifier: MIT
// A ratio of probabilities beyond all numbers times an advantage of nothing is no number, and ends a run: OpenRLHF
// #1314, miles #1363, slime #2198, rlevo #476.
#include "catch.hpp"
#include "vantage/update/surrogate.hpp"

using namespace vantage;

TEST_CASE("a sample without an advantage pulls nowhere, however far its ratio is") {
  // whole packets and what is left of them
  for (const Index size : {1, 4, 9}) {
    const Vector<float> old_log_probs = Vector<float>::Constant(size, -150);
    const Vector<float> log_probs = Vector<float>::Constant(size, 5);
    const Vector<float> none = Vector<float>::Zero(size);
    Vector<float> slopes(size);
    surrogate::Clipped{0.2}(log_probs, old_log_probs, none, slopes);
    CHECK(slopes == none);
    surrogate::ImportanceWeighted{}(log_probs, old_log_probs, none, slopes);
    CHECK(slopes == none);
    // what has one is clipped, or pulls back
    surrogate::Clipped{0.2}(log_probs, old_log_probs, Vector<float>::Ones(size), slopes);
    CHECK(slopes == none);
    surrogate::Clipped{0.2}(log_probs, old_log_probs, -Vector<float>::Ones(size), slopes);
    CHECK(slopes.maxCoeff() < -1e38F);
  }
}
