// SPDX-License-Identifier: MIT
#include "vantage/train/periodic_evaluation.hpp"

#include "catch.hpp"
#include "env/counter.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/policy/deterministic_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/observers.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/no_value.hpp"

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

TEST_CASE("the best policy comes with the normaliser that it had") {
  Context context({.seed = 3});
  Collector<Pendulum> source(VectorEnvironment<Pendulum>(Pendulum(), {.count = 2, .seed = 3}), {.steps = 20});
  using Policy = GaussianPolicy<double>;
  Agent agent{Policy(source.spec(), {.hidden = {4}}, context.rng()), NoValue<double>{}, Gae{}, NoValueUpdate{},
              Vpg<Policy>({.optimizer = AdamOptions{.learning_rate = 0.05}})};
  const EvaluationOptions options{.episodes = 3, .max_episode_steps = 30};
  PeriodicEvaluation<Pendulum, Policy> evaluation(1, source, context, options);
  CHECK_FALSE(evaluation.best_normalizer());
  std::vector<double> means;  // of the first component, as training's normaliser had them
  std::vector<double> best_returns;
  TrainingProgress progress;
  train(source, agent, context, {.steps = 40 * 12}, progress, evaluation, [&](const IterationReport& report) {
    means.push_back(source.normalizer().moments().mean()[0]);
    if (evaluation.best_iteration() == report.iteration) best_returns = evaluation.last().returns;
  });
  REQUIRE(evaluation.best_normalizer());
  const auto best = static_cast<std::size_t>(evaluation.best_iteration());
  REQUIRE(best < 12);
  CHECK(evaluation.best_normalizer()->moments().mean()[0] == means[best - 1]);
  CHECK(means[best - 1] != means.back());
  // played again as it was then: the same returns to the bit
  EvaluationOptions again = options;
  again.seed = Rng::derive_seed(options.seed, StreamPurpose::periodic_evaluation, best);
  again.action_map = source.action_map();
  CHECK(evaluate(Pendulum(), *evaluation.best_policy(), &*evaluation.best_normalizer(), context, again).returns ==
        best_returns);
}

TEST_CASE("evaluation reads training's source for its normaliser alone, where it is due; never is refused") {
  const testing::Counter world;
  Context context;
  using Evaluation = PeriodicEvaluation<testing::Counter, DeterministicPolicy<double>>;
  const Normalizer normalizer(1);
  CHECK(Evaluation(3, world, &normalizer, context).reads_source(6));
  CHECK_FALSE(Evaluation(3, world, &normalizer, context).reads_source(5));
  CHECK_FALSE(Evaluation(3, world, nullptr, context).reads_source(6));
  CHECK_THROWS_WITH(Evaluation(0, world, nullptr, context), Catch::Matchers::Contains("n >= 1, got 0"));
}

TEST_CASE("evaluation in the worlds of a source is evaluation of that source, discounted as the agent is") {
  using Policy = GaussianPolicy<double>;
  Context context;
  Collector<Pendulum> source(
      VectorEnvironment<Pendulum>(Pendulum(),
                                  {.count = 2, .action_map = ActionMap::clip_and_rescale, .max_episode_steps = 20}),
      {.steps = 10, .scale_rewards = true});
  Agent agent{Policy(source.spec(), {.hidden = {4}}, context.rng()), NoValue<double>{}, Gae{.gamma = 0.5},
              NoValueUpdate{}, Vpg<Policy>()};
  PeriodicEvaluation<Pendulum, Policy> evaluation(1, source, context, {.episodes = 3, .seed = 4});
  TrainingProgress progress;
  train(source, agent, context, {.steps = 20}, progress, evaluation);
  const Evaluation expected =
      evaluate(source, agent.policy, context,
               {.episodes = 3, .seed = Rng::derive_seed(4, StreamPurpose::periodic_evaluation, 1)});
  CHECK(source.gamma() == 0.5);
  CHECK(evaluation.last().returns == expected.returns);
  CHECK(evaluation.last().discounted_returns == expected.discounted_returns);
  CHECK(expected.lengths == std::vector<Index>(3, 20));
}

TEST_CASE("what does not fit the agent is refused before the first iteration") {
  using Policy = GaussianPolicy<double>;
  Context context;
  const auto begin = [&](Index actions, std::optional<double> evaluated, std::optional<double> collected) {
    Collector<Pendulum> source(VectorEnvironment<Pendulum>(Pendulum()), {.steps = 10, .gamma = collected});
    Agent agent{Policy(3, actions, {}, context.rng()), NoValue<double>{}, Gae{.gamma = 0.5}, NoValueUpdate{},
                Vpg<Policy>()};
    Every observer(5, PeriodicEvaluation<Pendulum, Policy>(1, source, context, {.gamma = evaluated}));
    TrainingProgress progress;
    train(source, agent, context, {.steps = 0}, progress, observer);
  };
  CHECK_NOTHROW(begin(1, {}, {}));
  CHECK_NOTHROW(begin(1, 0.5, 0.5));
  CHECK_THROWS_WITH(begin(1, 0.9, {}),
                    "PeriodicEvaluation: expected the gamma of the agent's advantage, 0.5, or none "
                    "in its options, got 0.9");
  CHECK_THROWS_WITH(begin(1, {}, 0.9), Catch::Matchers::Contains("Collector: expected the gamma"));
  CHECK_THROWS_WITH(begin(2, {}, {}), Catch::Matchers::Contains("PeriodicEvaluation: expected a policy for 3"));
}
