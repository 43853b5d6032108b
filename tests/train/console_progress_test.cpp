// SPDX-License-Identifier: MIT
#include "vantage/train/console_progress.hpp"

#include <cstdio>
#include <limits>

#include "catch.hpp"

TEST_CASE("duration_text") {
  CHECK(vantage::duration_text(0) == "0:00");
  CHECK(vantage::duration_text(125) == "2:05");
  CHECK(vantage::duration_text(3723) == "1:02:03");
  CHECK(vantage::duration_text(-1) == "?");
  CHECK(vantage::duration_text(std::numeric_limits<double>::quiet_NaN()) == "?");
}

TEST_CASE("progress lines tell the KL of a step, or what EPVF predicts of its policy") {
  const vantage::TrainingProgress progress;
  vantage::PolicyReport policy;
  policy.step.mean_kl = 0.0125;
  const auto line = [&] { return vantage::progress_line(vantage::report_iteration(progress, 100, {}, {}, policy)); };
  CHECK(line().find("  KL 0.013  ETA") != std::string::npos);
  // a gradient from runs of its own has none
  policy.ascent.noise_share = 0.5;
  CHECK(line().find("  KL -  ETA") != std::string::npos);
  policy.ascent = {};
  policy.step = vantage::not_measured();
  CHECK(line().find("  KL -  ETA") != std::string::npos);
  policy.ascent.predicted_return = -12.34;
  CHECK(line().find("  predicted -12.3  ETA") != std::string::npos);
}

TEST_CASE("progress lines tell a value error where there is a value") {
  const vantage::TrainingProgress progress;
  vantage::ValueReport value;
  const auto line = [&] { return vantage::progress_line(vantage::report_iteration(progress, 100, {}, value, {})); };
  CHECK(line().find("  value error -  ") != std::string::npos);
  value.steps = 1;
  CHECK(line().find("  value error 0  ") != std::string::npos);
  // steps that a joint update took are told as its own
  value.steps = 0;
  value.error_after = 0.25;
  CHECK(line().find("  value error 0.25  ") != std::string::npos);
}

TEST_CASE("progress lines tell steps, speed and time left; without a terminal they come seldom") {
  vantage::TrainingProgress progress;
  vantage::EpisodeStatistics episodes;
  progress.env_steps = 1000;
  progress.wall_seconds = 10;
  const vantage::IterationReport report{
      .iteration = 5, .total_steps = 4000, .progress = progress, .episodes = episodes, .value = {}, .policy = {}};
  const std::string line = vantage::progress_line(report);
  CHECK(line.find("iteration 5  steps 1000 (25%)  100 steps/s  return -") == 0);
  CHECK(line.find("ETA 0:30") != std::string::npos);

  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    vantage::ConsoleProgress console({.stream = file, .plain_seconds = 1000});
    console(report);
    console(report);
    progress.env_steps = 4000;
    console(report);
  }
  std::rewind(file);
  int lines = 0;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) lines += c == '\n' ? 1 : 0;
  std::fclose(file);
  CHECK(lines == 2);
}
