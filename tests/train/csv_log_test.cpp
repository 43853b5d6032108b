// SPDX-License-Identifier: MIT
#include "vantage/train/csv_log.hpp"

#include <filesystem>

#include "catch.hpp"

TEST_CASE("CsvLog writes means over the episodes that ended, and a resumed log drops later rows") {
  const auto path = std::filesystem::temp_directory_path() / "vantage_csv_log_test.csv";
  vantage::TrainingProgress progress;
  progress.env_steps = 128;
  vantage::EpisodeStatistics episodes;
  episodes.returns = {1, 2};
  episodes.reward_terms = vantage::Matrix<double>::Constant(2, 5, 100);  // columns past the episodes hold nothing
  episodes.reward_terms.leftCols(2) << 1, 3, 10, 30;
  const auto report = [&](std::int64_t iteration) {
    return vantage::IterationReport{
        .iteration = iteration, .progress = progress, .episodes = episodes, .value = {}, .policy = {}};
  };
  {
    vantage::CsvLog log(path, {"forward", "control"});
    for (std::int64_t i = 1; i <= 3; ++i) log(report(i));
  }
  {
    auto log = vantage::CsvLog::resume(path, {"forward", "control"}, 1);
    episodes.returns.clear();
    log(report(2));
  }
  const vantage::CsvTable table(path);
  REQUIRE(table.rows().size() == 2);
  CHECK(table.numbers("env_steps")[0] == 128);
  CHECK(table.numbers("reward_term_forward")[0] == 2);
  CHECK(table.numbers("reward_term_control")[0] == 20);
  CHECK(std::isnan(table.numbers("reward_term_forward")[1]));
  CHECK_THROWS_AS(vantage::CsvLog::resume(path, {"other"}, 1), vantage::FileError);
  std::filesystem::remove(path);
}
