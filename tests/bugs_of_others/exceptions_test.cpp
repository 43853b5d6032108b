// SPDX-License-Identifier: MIT
// A world that throws while others step beside it: its words are lost (Gymnasium #178), or the program stands still
// (ml-agents #4699), and what was half collected is half counted.
#include <stdexcept>

#include "catch.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"

using namespace vantage;

namespace {

/// Pays 1 a step; about half of its copies throw once, on their 15th step.
struct Stuck {
  EnvironmentSpec description{"Stuck", 1, Vector<double>::Constant(1, -1), Vector<double>::Constant(1, 1), 7, {}, 0};
  int made = 0;
  bool marked = false;

  [[nodiscard]] const EnvironmentSpec& spec() const { return description; }
  void reset(Rng& rng, VectorRef<double> observation) {
    observation[0] = rng.uniform();
    if (made == 0) marked = observation[0] < 0.5;
  }
  StepResult step(const Vector<double>&, VectorRef<double> observation) {
    if (++made == 15 && marked) throw std::runtime_error("the arm is stuck");
    observation[0] = 0.5;
    return {1, false, false};
  }
};

}  // namespace

TEST_CASE("an exception of a world reaches the caller, and the next collection is whole") {
  Rng rng(1);
  const GaussianPolicy<double> policy(1, 1, {.hidden = {}}, rng);
  for (const Index threads : {1, 3}) {
    Context context({.threads = threads});
    Collector<Stuck> source(VectorEnvironment<Stuck>(Stuck(), {.count = 6}), {.steps = 10, .shard_size = 2});
    Batch<double> batch;
    source.collect(policy, context, batch);
    CHECK(source.normalizer().moments().count() == 60);
    CHECK_THROWS_WITH(source.collect(policy, context, batch), "the arm is stuck");
    // of what was cut off nothing is counted
    CHECK(source.normalizer().moments().count() == 60);
    // two worlds of a shard may throw one after the other
    int more = 0;
    for (bool thrown = true; thrown; ++more) {
      REQUIRE(more < 3);
      try {
        source.collect(policy, context, batch);
        thrown = false;
      } catch (const std::runtime_error&) {
      }
    }
    CHECK(source.normalizer().moments().count() == 120);
    CHECK(batch.observations.allFinite());
    CHECK((batch.endings == Ending::cut).count() + (batch.endings.col(9) == Ending::truncated).count() == 6);
    // accounts of episodes go on where they stood
    REQUIRE_FALSE(batch.episodes.returns.empty());
    CHECK(batch.episodes.lengths == std::vector<Index>(batch.episodes.returns.size(), 7));
    CHECK(batch.episodes.returns == std::vector<double>(batch.episodes.returns.size(), 7));
  }
}
