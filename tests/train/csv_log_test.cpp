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

TEST_CASE("every number of the updates stands in the column of its name") {
  const auto path = std::filesystem::temp_directory_path() / "vantage_csv_log_columns_test.csv";
  const vantage::TrainingProgress progress;
  const vantage::EpisodeStatistics episodes;
  vantage::PolicyReport policy;
  policy.step = {.mean_kl = 1, .max_kl = 2, .min_ratio = 3, .max_ratio = 4, .clip_fraction = 5, .entropy = 6};
  policy.gradient_norm = 7;
  policy.learning_rate = 8;
  policy.kl_penalty = 9;
  policy.epochs = 10;
  policy.violated = true;
  policy.natural = {.cg_iterations = 11,
                    .cg_residual = 12,
                    .curvature = 13,
                    .expected_improvement = 14,
                    .improvement = 15,
                    .backtracks = 16,
                    .step_fraction = 17,
                    .accepted = true};
  const vantage::ValueReport value{.steps = 1,
                                   .error_before = 18,
                                   .error_after = 19,
                                   .explained_variance = 20,
                                   .gradient_norm = 21,
                                   .held_out_error = 22,
                                   .foresight = {.explained_variance = 27,
                                                 .rank_correlation = 28,
                                                 .linear_explained_variance = 29,
                                                 .linear_rank_correlation = 30,
                                                 .slope_cosine = 31}};
  policy.noise_scale = 23;
  policy.ascent = {
      .predicted_return = 24, .boundary_share = 25, .noise_share = 26, .centre_return = 32, .centre_drop = 33};
  {
    vantage::CsvLog log(path, {}, true);
    log({.iteration = 1, .progress = progress, .episodes = episodes, .value = value, .policy = policy});
  }
  const vantage::CsvTable table(path);
  const char* const columns[] = {"kl_mean",
                                 "kl_max",
                                 "ratio_min",
                                 "ratio_max",
                                 "clip_fraction",
                                 "entropy",
                                 "policy_gradient_norm",
                                 "policy_learning_rate",
                                 "kl_penalty",
                                 "policy_epochs",
                                 "cg_iterations",
                                 "cg_residual",
                                 "curvature",
                                 "expected_improvement",
                                 "improvement",
                                 "backtracks",
                                 "step_fraction",
                                 "value_error_before",
                                 "value_error_after",
                                 "explained_variance",
                                 "value_gradient_norm",
                                 "held_out_value_error",
                                 "noise_scale",
                                 "predicted_return",
                                 "boundary_share",
                                 "noise_share",
                                 "fresh_explained_variance",
                                 "fresh_rank_correlation",
                                 "linear_explained_variance",
                                 "linear_rank_correlation",
                                 "slope_cosine",
                                 "centre_return",
                                 "centre_drop"};
  for (std::size_t i = 0; i < std::size(columns); ++i) {
    INFO(columns[i]);
    CHECK(table.numbers(columns[i])[0] == static_cast<double>(i + 1));
  }
  CHECK(table.numbers("violated")[0] == 1);
  CHECK(table.numbers("reverted")[0] == 0);
  CHECK(table.numbers("step_accepted")[0] == 1);
  CHECK(table.numbers("value_steps")[0] == 1);
  std::filesystem::remove(path);
}
