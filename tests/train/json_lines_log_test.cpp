// SPDX-License-Identifier: MIT
#include "vantage/train/json_lines_log.hpp"

#include "catch.hpp"
#include "io/temporary_folder.hpp"

using namespace vantage;

TEST_CASE("JsonLinesLog writes what CsvLog writes, under the same names, and goes on as it does") {
  const TemporaryFolder folder;
  const auto csv = folder / "progress.csv", lines = folder / "progress.jsonl";
  TrainingProgress progress;
  EpisodeStatistics episodes;
  episodes.reward_terms = Matrix<double>::Constant(1, 2, 0.1);
  PolicyReport policy;
  policy.violated = true;
  policy.step = not_measured();
  const auto report = [&](std::int64_t iteration) {
    return IterationReport{
        .iteration = iteration, .progress = progress, .episodes = episodes, .value = {}, .policy = policy};
  };
  {
    CsvLog table(csv, {"forward"}, true);
    JsonLinesLog log(lines, {"forward"}, true);
    for (std::int64_t i = 1; i <= 4; ++i) {
      progress.env_steps += 100;
      progress.wall_seconds += 1.0 / 3;
      episodes.returns.assign(static_cast<std::size_t>(i % 3), 1);
      table(report(i));
      log(report(i));
    }
  }
  auto table = CsvLog::resume(csv, {"forward"}, 2, true);
  auto log = JsonLinesLog::resume(lines, {"forward"}, 2, true);
  table(report(3));
  log(report(3));

  const CsvTable expected(csv);
  REQUIRE(expected.rows().size() == 3);
  const std::string text = read_file(lines);
  std::size_t row = 0, begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1, ++row) {
    REQUIRE(row < 3);
    std::size_t column = 0;
    JsonScanner scanner(std::string_view(text).substr(begin, end - begin));
    scanner.object([&](const std::string& name) {
      REQUIRE(column < expected.columns().size());
      CHECK(name == expected.columns()[column]);
      const std::string_view word = scanner.bare_word();
      const std::string& field = expected.rows()[row][column++];
      CHECK(field == (word == "null" ? "nan" : word == "true" ? "1" : word == "false" ? "0" : word));
    });
    CHECK(column == expected.columns().size());
  }
  CHECK(row == 3);
  CHECK(begin == text.size());
}
