// SPDX-License-Identifier: MIT
// A continued run that is another one: the adaptive learning rate starts again (rsl_rl #221), counters are off by one
// (Tianshou #349), episodes in progress are forgotten (Tianshou #500), the optimiser's memory is lost (Tianshou #1039,
// stable-baselines #301 and #692, Stable-Baselines3 #29).
#include "bugs_of_others/learner.hpp"
#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/train/checkpoint.hpp"

using namespace vantage;
using Learner = testing::PpoLearner<>;

TEST_CASE("a run that was cut and continued is the uninterrupted one, to the bit") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "checkpoint.safetensors";
  Learner whole(3);
  whole.run(6);

  Learner first(3);
  first.run(4);
  // an episode of 50 steps is under way after 128, and the rate has moved: there is something to forget
  REQUIRE(first.learning_rate != Approx(1e-3));
  save_checkpoint(path, first.source, first.agent, first.context, first.progress);
  Learner second(77);
  load_checkpoint(path, second.source, second.agent, second.context, second.progress);
  second.run(6);

  CHECK(second.agent.policy.parameters() == whole.agent.policy.parameters());
  CHECK(second.agent.value.parameters() == whole.agent.value.parameters());
  CHECK(second.learning_rate == whole.learning_rate);
  CHECK(second.progress.iterations == 6);
  CHECK(second.progress.env_steps == whole.progress.env_steps);
  CHECK(second.progress.episodes == whole.progress.episodes);
  CHECK(second.progress.recent_returns == whole.progress.recent_returns);
  CHECK(second.source.normalizer().moments().mean() == whole.source.normalizer().moments().mean());
  CHECK(second.source.reward_scaler().factor() == whole.source.reward_scaler().factor());
}

TEST_CASE("a run that is over takes no further step when it is continued") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "checkpoint.safetensors";
  Learner first(3);
  first.run(2);
  save_checkpoint(path, first.source, first.agent, first.context, first.progress);
  Learner second(3);
  load_checkpoint(path, second.source, second.agent, second.context, second.progress);
  second.run(2);
  CHECK(second.progress.iterations == 2);
  CHECK(second.agent.policy.parameters() == first.agent.policy.parameters());
}
