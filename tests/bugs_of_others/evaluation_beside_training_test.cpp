// SPDX-License-Identifier: MIT
// An evaluation that disturbs training, by the normaliser, the streams or the worlds that it uses: sinergym #511,
// Stable-Baselines3 #362, #886, #1552 and #1556, stable-baselines #832.
#include "bugs_of_others/learner.hpp"
#include "catch.hpp"
#include "vantage/train/periodic_evaluation.hpp"

using namespace vantage;
using Learner = testing::PpoLearner<>;

TEST_CASE("a run that is evaluated learns the same to the bit") {
  Learner plain(6);
  plain.run(5);
  Learner watched(6);
  PeriodicEvaluation<Pendulum, Learner::Policy> evaluation(1, Pendulum{}, &watched.source.normalizer(), watched.context,
                                                           {.episodes = 3, .max_episode_steps = 40});
  watched.run(5, evaluation);
  REQUIRE(evaluation.last().returns.size() == 3);
  CHECK(watched.agent.policy.parameters() == plain.agent.policy.parameters());
  CHECK(watched.agent.value.parameters() == plain.agent.value.parameters());
  CHECK(watched.context.rng() == plain.context.rng());
  CHECK(watched.source.normalizer().moments().count() == plain.source.normalizer().moments().count());
  CHECK(watched.source.normalizer().moments().mean() == plain.source.normalizer().moments().mean());
  CHECK(watched.progress.recent_returns == plain.progress.recent_returns);
}

TEST_CASE("two evaluations of one policy are the same, whatever happened between them") {
  Learner learner(7);
  learner.run(2);
  const EvaluationOptions options{.episodes = 3, .seed = 11, .max_episode_steps = 40};
  const auto play = [&] {
    return evaluate(Pendulum{}, learner.agent.policy, &learner.source.normalizer(), learner.context, options).returns;
  };
  const auto first = play();
  Batch<float> batch;
  learner.context.rng()();
  Learner(8).run(1);
  CHECK(play() == first);
}
