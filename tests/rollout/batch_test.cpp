// SPDX-License-Identifier: MIT
#include "vantage/rollout/batch.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("a batch has one layout: sample n is entry (n mod E, n div E)") {
  Batch<float> batch;
  batch.resize(5, 2, 3, 4);
  CHECK(batch.environments() == 3);
  CHECK(batch.steps() == 4);
  CHECK(batch.size() == 12);
  CHECK(batch.observations.rows() == 5);
  CHECK(batch.observations.cols() == 12);
  CHECK(batch.actions.rows() == 2);
  CHECK(batch.actions.cols() == 12);
  CHECK(batch.log_probs.size() == 12);
  CHECK(batch.endings.rows() == 3);
  CHECK(batch.endings.cols() == 4);
  CHECK(batch.successor_count() == 0);
  CHECK(batch.first_times == Vector<Index>::Zero(3));
  for (Index t = 0; t < 4; ++t) {
    for (Index e = 0; e < 3; ++e) {
      CHECK(&batch.rewards(e, t) == &batch.rewards(t * 3 + e));
      CHECK(&batch.endings(e, t) == &batch.endings(t * 3 + e));
    }
  }
}

TEST_CASE("the same shape keeps its storage") {
  Batch<float> batch;
  batch.resize(5, 2, 3, 4);
  const float* const storage = batch.observations.data();
  batch.resize(5, 2, 3, 4);
  CHECK(batch.observations.data() == storage);
}

TEST_CASE("an episode's return is told without what its steps were given for nothing") {
  EpisodeStatistics episodes;
  episodes.returns = {3.5, -2};
  episodes.lengths = {3, 8};
  CHECK(episodes.return_without(0.5, 0) == 2);
  CHECK(episodes.return_without(0.5, 1) == -6);
  CHECK(episodes.return_without(0, 1) == -2);
}
