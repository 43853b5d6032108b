// SPDX-License-Identifier: MIT
#include "vantage/train/tensorboard_log.hpp"

#include <bit>
#include <limits>
#include <map>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/policy/actor_critic.hpp"
#include "vantage/policy/gaussian_policy.hpp"

using namespace vantage;

namespace {

using Series = std::map<std::string, std::vector<std::pair<std::int64_t, float>>, std::less<>>;

// the numbers in the files of a folder. Whether their bytes are as TensorBoard's is a matter of tensorboard_test.cpp;
// here a tag is found by what must stand around it: 0x0a, its length, itself, 0x15, four bytes
Series read(const std::filesystem::path& folder) {
  Series series;
  for (const auto& path : TensorboardWriter::files(folder)) {
    const std::string file = read_file(path);
    std::size_t at = 0;
    while (const auto record = detail::record_at(file, at)) {
      at += record->size() + 16;
      std::int64_t step = 0;
      std::size_t place = 10;
      for (int shift = 0;; shift += 7) {
        step |= static_cast<std::int64_t>((*record)[place] & 127) << shift;
        if (((*record)[place++] & 128) == 0) break;
      }
      for (std::size_t slash = place; (slash = record->find('/', slash)) != std::string_view::npos; ++slash) {
        const std::size_t begin = record->rfind('\n', slash) + 2;
        const auto length = static_cast<std::size_t>((*record)[begin - 1]);
        REQUIRE((*record)[begin + length] == '\x15');
        series[std::string(record->substr(begin, length))].emplace_back(
            step, std::bit_cast<float>(detail::fixed_at<std::uint32_t>(*record, begin + length + 1)));
      }
    }
  }
  return series;
}

struct Fixture {
  TemporaryFolder folder;
  TrainingProgress progress;
  EpisodeStatistics episodes;

  [[nodiscard]] IterationReport report(const ValueReport& value, const PolicyReport& policy) const {
    return report_iteration(progress, 1000, episodes, value, policy);
  }
};

// the numbers of a step, of each tag one
std::map<std::string, float> last(const Series& series, std::int64_t step) {
  std::map<std::string, float> numbers;
  for (const auto& [tag, values] : series) {
    for (const auto& [at, value] : values) {
      if (at != step) continue;
      INFO(tag);
      CHECK(numbers.emplace(tag, value).second);
    }
  }
  return numbers;
}

}  // namespace

TEST_CASE("each number stands under the name that dashboards know, along environment steps") {
  Fixture run;
  run.episodes.returns = {1, 3};
  run.episodes.lengths = {10, 20};
  run.episodes.faults = 1;
  run.episodes.warnings = 4;
  run.episodes.reward_terms = Matrix<double>::Constant(2, 5, 100);  // columns past the episodes hold nothing
  run.episodes.reward_terms.leftCols(2) << 1, 3, 10, 30;
  run.progress.add_return(5);
  run.progress.wall_seconds = 2;
  run.progress.count_iteration(128, run.episodes);
  const ValueReport value{.steps = 7,
                          .error_before = 4,
                          .error_after = 3,
                          .explained_variance = 0.25,
                          .gradient_norm = 5,
                          .held_out_error = 6,
                          .foresight = {.explained_variance = 24,
                                        .rank_correlation = 25,
                                        .linear_explained_variance = 26,
                                        .linear_rank_correlation = 27,
                                        .slope_cosine = 28}};
  PolicyReport policy;
  policy.step = {.mean_kl = 1, .max_kl = 2, .min_ratio = 0.5, .max_ratio = 4, .clip_fraction = 0.125, .entropy = 6};
  policy.gradient_norm = 8;
  policy.learning_rate = 0.5;
  policy.kl_penalty = 9;
  policy.epochs = 10;
  policy.violated = true;
  policy.noise_scale = 23;
  policy.natural = {.cg_iterations = 11,
                    .cg_residual = 12,
                    .curvature = 13,
                    .expected_improvement = 14,
                    .improvement = 15,
                    .backtracks = 16,
                    .step_fraction = 17,
                    .accepted = true};
  TensorboardLog log(run.folder.path(), {"forward", "control"});
  log(run.report(value, policy));
  const auto numbers = last(read(run.folder.path()), 128);
  const std::map<std::string, float> expected{{"rollout/ep_rew_mean", 3},
                                              {"rollout/ep_len_mean", 15},
                                              {"time/fps", 64},
                                              {"train/approx_kl", 1},
                                              {"train/clip_fraction", 0.125},
                                              {"train/entropy_loss", -6},
                                              {"train/explained_variance", 0.25},
                                              {"train/is_line_search_success", 1},
                                              {"train/kl_divergence_loss", 1},
                                              {"train/learning_rate", 0.5},
                                              {"train/value_loss", 9},
                                              {"vantage/backtracks", 16},
                                              {"vantage/cg_iterations", 11},
                                              {"vantage/cg_residual", 12},
                                              {"vantage/curvature", 13},
                                              {"vantage/episodes", 3},
                                              {"vantage/expected_improvement", 14},
                                              {"vantage/faults", 1},
                                              {"vantage/fresh_explained_variance", 24},
                                              {"vantage/fresh_rank_correlation", 25},
                                              {"vantage/held_out_value_error", 6},
                                              {"vantage/improvement", 15},
                                              {"vantage/iteration", 1},
                                              {"vantage/kl_max", 2},
                                              {"vantage/kl_penalty", 9},
                                              {"vantage/linear_explained_variance", 26},
                                              {"vantage/linear_rank_correlation", 27},
                                              {"vantage/mean_return", 2},
                                              {"vantage/noise_scale", 23},
                                              {"vantage/policy_epochs", 10},
                                              {"vantage/policy_gradient_norm", 8},
                                              {"vantage/ratio_max", 4},
                                              {"vantage/ratio_min", 0.5},
                                              {"vantage/reverted", 0},
                                              {"vantage/reward_term_control", 20},
                                              {"vantage/reward_term_forward", 2},
                                              {"vantage/slope_cosine", 28},
                                              {"vantage/step_fraction", 17},
                                              {"vantage/value_error_after", 3},
                                              {"vantage/value_error_before", 4},
                                              {"vantage/value_gradient_norm", 5},
                                              {"vantage/value_steps", 7},
                                              {"vantage/violated", 1},
                                              {"vantage/wall_seconds", 2},
                                              {"vantage/warnings", 4}};
  CHECK(numbers == expected);
}

TEST_CASE("what was not measured or is not part of the method has no number") {
  Fixture run;
  run.progress.count_iteration(10, run.episodes);
  const auto tags = [&](const ValueReport& value, const PolicyReport& policy) {
    run.progress.count_iteration(10, run.episodes);
    TensorboardLog log(run.folder.path(), {"forward"});
    log(run.report(value, policy));
    std::string all;
    for (const auto& [tag, number] : last(read(run.folder.path()), run.progress.env_steps)) all += tag + ' ';
    for (const auto& path : TensorboardWriter::files(run.folder.path())) std::filesystem::remove(path);
    return all;
  };
  const std::string always =
      "vantage/episodes vantage/faults vantage/iteration vantage/policy_epochs vantage/policy_gradient_norm ";
  PolicyReport policy;
  policy.step = not_measured();
  CHECK(tags({}, policy) == always + "vantage/reverted vantage/violated vantage/wall_seconds vantage/warnings ");
  // of a shared network the value has an error and no steps; what came of those that nobody measured is not known
  CHECK(tags({.error_before = 2, .error_after = 2}, policy) ==
        "train/explained_variance train/value_loss " + always +
            "vantage/reverted vantage/value_error_after vantage/value_error_before vantage/violated "
            "vantage/wall_seconds vantage/warnings ");
  const double none = std::numeric_limits<double>::quiet_NaN();
  CHECK(tags({.steps = 1, .error_before = 2, .error_after = none}, policy) ==
        "train/explained_variance " + always +
            "vantage/reverted vantage/value_error_before vantage/value_gradient_norm vantage/value_steps "
            "vantage/violated vantage/wall_seconds vantage/warnings ");
  // an ascent on values has no divergence
  policy.step = {};
  policy.ascent = {.predicted_return = 3, .noise_share = 0.5};
  const std::string centre =
      "vantage/boundary_share vantage/episodes vantage/faults vantage/iteration vantage/noise_share "
      "vantage/policy_epochs vantage/policy_gradient_norm ";
  CHECK(tags({}, policy) == centre + "vantage/predicted_return vantage/wall_seconds vantage/warnings ");
  // nor has a population's gradient, which foresees nothing and may stand still
  policy.ascent = {.noise_share = 0};
  CHECK(tags({}, policy) == centre + "vantage/wall_seconds vantage/warnings ");
  // a centre that was played
  policy.ascent = {.noise_share = 0, .centre_return = 7, .centre_drop = 0.5};
  CHECK(tags({}, policy) ==
        "vantage/boundary_share vantage/centre_drop vantage/centre_return vantage/episodes "
        "vantage/faults vantage/iteration vantage/noise_share vantage/policy_epochs "
        "vantage/policy_gradient_norm vantage/reverted vantage/violated vantage/wall_seconds "
        "vantage/warnings ");
}

TEST_CASE("the deviation is that of the policy, also of one that shares its layers") {
  Fixture run;
  Rng rng(1);
  using P = GaussianPolicy<float>;
  struct {
    P policy;
  } plain{P(2, 3, {.hidden = {4}, .log_std = -1}, rng)};
  struct {
    ActorCritic<P> policy;
  } shared{ActorCritic<P>(plain.policy, rng)};
  TensorboardLog log(run.folder.path());
  run.progress.env_steps = 1;
  log(run.report({}, {}), plain);
  run.progress.env_steps = 2;
  log(run.report({}, {}), shared);
  const Series series = read(run.folder.path());
  for (const std::int64_t step : {1, 2}) CHECK(last(series, step).at("train/std") == Approx(std::exp(-1.0)));
}

TEST_CASE("evaluations have the names that dashboards know, and a resumed log has none twice") {
  Fixture run;
  Evaluation evaluation;
  evaluation.returns = {1, 1, 5, 5};
  evaluation.discounted_returns = {2};
  evaluation.lengths = {10, 20};
  evaluation.faults = {1, 0, 2};
  {
    TensorboardLog log(run.folder.path());
    for (int i = 1; i <= 4; ++i) {
      run.progress.env_steps = 100 * i;
      log(run.report({}, {}));
      log.add(evaluation, run.progress.env_steps);
    }
  }
  auto log = TensorboardLog::resume(run.folder.path(), {}, 200);
  run.progress.env_steps = 300;
  log(run.report({}, {}));
  log.add(evaluation, 300);

  const Series series = read(run.folder.path());
  for (const auto& [tag, number] : std::map<std::string, float>{{"eval/mean_reward", 3},
                                                                {"eval/mean_ep_length", 15},
                                                                {"vantage/eval_std_return", 2},
                                                                {"vantage/eval_mean_discounted_return", 2},
                                                                {"vantage/eval_faults", 3}}) {
    INFO(tag);
    CHECK(series.find(tag)->second ==
          std::vector<std::pair<std::int64_t, float>>{{100, number}, {200, number}, {300, number}});
  }
  CHECK(series.find("vantage/iteration")->second.size() == 3);
}
