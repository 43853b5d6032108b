// SPDX-License-Identifier: MIT
#include "vantage/train/periodic_evaluation.hpp"

#include "catch.hpp"
#include "env/counter.hpp"
#include "vantage/policy/deterministic_policy.hpp"

using namespace vantage;

namespace {

struct Holder {
  DeterministicPolicy<double> policy;
};

// ten steps of reward n + 10 b
double expected(double bias) { return 55 + 100 * bias; }

}  // namespace

TEST_CASE("the policy is played every n iterations, and the best is kept") {
  const testing::Counter world;
  Context context;
  Holder agent{DeterministicPolicy<double>(2, 1, {.hidden = {}, .squash = Squash::none}, context.rng())};
  Vector<double>& theta = agent.policy.parameters();
  theta.setZero();
  PeriodicEvaluation<testing::Counter, DeterministicPolicy<double>> evaluation(2, world, nullptr, context,
                                                                               {.episodes = 3});
  const TrainingProgress progress;
  const EpisodeStatistics episodes;
  const auto iterate = [&](std::int64_t iteration, double bias) {
    theta[2] = bias;
    TrainingProgress counted = progress;
    counted.iterations = iteration;
    evaluation(report_iteration(counted, 0, episodes, {}, {}), agent);
  };
  iterate(1, 1);
  CHECK(evaluation.last().returns.empty());
  CHECK_FALSE(evaluation.best_policy());
  iterate(2, 0.25);
  CHECK(evaluation.last_return() == Approx(expected(0.25)));
  iterate(3, 1);
  iterate(4, 0.5);
  iterate(6, 0.125);
  CHECK(evaluation.last().returns.size() == 3);
  CHECK(evaluation.last_return() == Approx(expected(0.125)));
  CHECK(evaluation.best_return() == Approx(expected(0.5)));
  CHECK(evaluation.best_iteration() == 4);
  REQUIRE(evaluation.best_policy());
  CHECK(evaluation.best_policy()->parameters()[2] == 0.5);
}

TEST_CASE("evaluation refuses to be due never") {
  const testing::Counter world;
  Context context;
  using Evaluation = PeriodicEvaluation<testing::Counter, DeterministicPolicy<double>>;
  CHECK_THROWS_WITH(Evaluation(0, world, nullptr, context), Catch::Matchers::Contains("n >= 1, got 0"));
}
