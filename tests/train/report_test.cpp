// SPDX-License-Identifier: MIT
#include "vantage/train/report.hpp"

#include <cmath>
#include <numeric>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/action_repeat.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/env/time_limit.hpp"
#include "vantage/policy/deterministic_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/rollout/evaluate.hpp"
#include "vantage/rollout/population_evaluator.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/csv_log.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/no_value.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

// warns twice a step, and breaks down at the right
struct WarningWalk : Walk {
  WarningWalk() : Walk({.fault_above = 1}) {}
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    StepResult result = Walk::step(action, observation);
    result.warnings = 2;
    return result;
  }
};

}  // namespace

TEST_CASE("the mean of nothing is not a number") {
  CHECK(std::isnan(mean(std::vector<double>{})));
  CHECK(mean(std::vector<double>{1, 2, 6}) == 3);
  CHECK(mean(std::vector<Index>{1, 2}) == 1.5);
}

TEST_CASE("the deviation is that of all values") {
  CHECK(std::isnan(deviation(std::vector<double>{})));
  CHECK(deviation(std::vector<double>{7}) == 0);
  CHECK(deviation(std::vector<double>{1, 1, 5, 5}) == 2);
  CHECK(deviation(std::vector<Index>{3, 9}) == 3);
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

TEST_CASE("warnings of the simulation reach every report, the column and the checkpoint") {
  using P = GaussianPolicy<float>;
  const TemporaryFolder folder;
  Context context({.seed = 1, .threads = 2});
  const ActionRepeat repeated(WarningWalk(), 3);
  Collector source(VectorEnvironment(TimeLimit(repeated, 9), {.count = 5}), {.steps = 20});
  Agent agent{P(2, 1, {.hidden = {4}}, context.rng()), NoValue<float>(), Gae{}, NoValueUpdate(), Vpg<P>()};
  TrainingProgress progress;
  CsvLog log(folder / "progress.csv");
  train(source, agent, context, {.steps = 300}, progress, [&](const IterationReport& report) {
    log(report);
    // a step that broke down stopped repeating
    CHECK(report.episodes.warnings > 100);
    CHECK(report.episodes.warnings <= 600);
  });
  CHECK(progress.faults > 0);
  const CsvTable table(folder / "progress.csv");
  CHECK(table.numbers("warnings").tail(1)[0] == static_cast<double>(progress.warnings));
  save_checkpoint(folder / "c", source, agent, context, progress);
  TrainingProgress again;
  static_cast<void>(load_checkpoint(folder / "c", source, agent, context, again));
  CHECK(again.warnings == progress.warnings);

  const auto twice = [](const std::vector<Index>& lengths) {
    return 2 * std::accumulate(lengths.begin(), lengths.end(), Index{0});
  };
  const Evaluation evaluation = evaluate(WarningWalk(), agent.policy, nullptr, context, {.episodes = 6});
  CHECK(std::accumulate(evaluation.warnings.begin(), evaluation.warnings.end(), Index{0}) == twice(evaluation.lengths));

  CHECK(check_environment(WarningWalk(), {.steps = 40}).warnings == 80);

  const DeterministicPolicy<float> policy(2, 1, {.hidden = {4}}, context.rng());
  PopulationEvaluator<WarningWalk> evaluator(WarningWalk(), {.seed = 2});
  EpisodeStatistics episodes;
  for (int call = 0; call < 2; ++call) {
    evaluator(policy, Matrix<float>(policy.parameters().replicate(1, 7)), context, episodes);
    CHECK(episodes.warnings == twice(episodes.lengths));
  }
}
