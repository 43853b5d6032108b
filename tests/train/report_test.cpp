// SPDX-License-Identifier: MIT
#include "vantage/train/report.hpp"

#include <cmath>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("the mean of nothing is not a number") {
  CHECK(std::isnan(mean(std::vector<double>{})));
  CHECK(mean(std::vector<double>{1, 2, 6}) == 3);
  CHECK(mean(std::vector<Index>{1, 2}) == 1.5);
}

TEST_CASE("the recent returns are those of the last hundred episodes") {
  TrainingProgress progress;
  CHECK(std::isnan(progress.mean_return_last_100()));
  double sum = 0;
  for (int episode = 1; episode <= 257; ++episode) {
    progress.add_return(episode * episode);
    sum += episode * episode;
    if (episode > 100) sum -= (episode - 100) * (episode - 100);
    CHECK(progress.mean_return_last_100() == Approx(sum / std::min(episode, 100)).epsilon(1e-13));
  }
  CHECK(progress.episodes == 257);
  CHECK(progress.recent_returns.size() == 100);
}
