// SPDX-License-Identifier: MIT
// schedules of a whole run: functions of the share of its environment steps, whatever becomes of the optimiser's steps
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

using P = GaussianPolicy<float>;
constexpr Index kBatch = 160;

// every number that may be a schedule is one
PpoOptions scheduled_ppo() {
  return {.optimizer = AdamOptions{.learning_rate = Schedule::linear(1e-2, 0)},
          .epochs = 4,
          .minibatch = 40,
          .clip_range = Schedule::geometric(0.3, 0.01),
          .entropy_coefficient = [](double share) { return 0.01 * (1 - share * share); }};
}

struct Learner {
  Context context;
  Collector<PointMass> source;
  Agent<P, ValueNetwork<float>, Gae, ValueRegression<float>, Ppo<P>> agent;
  TrainingProgress progress;

  explicit Learner(const PpoOptions& options, std::uint64_t seed = 3)
      : context({.seed = seed}),
        source(VectorEnvironment<PointMass>(PointMass(), {.count = 4, .seed = seed}), {.steps = 40}),
        agent{P(2, 1, {.hidden = {8}}, context.rng()), ValueNetwork<float>(2, {.hidden = {8}}, context.rng()), Gae{},
              ValueRegression<float>({.steps = 3,
                                      .optimizer = AdamOptions{.learning_rate = Schedule::geometric(1e-2, 1e-4)},
                                      .minibatch = 64}),
              Ppo<P>(options)} {}
};

// what happens on the way
struct Way {
  int stopped = 0;
  int reverted = 0;
  std::int64_t policy_steps = 0;
};

// trains for 8 iterations and checks both rates in each
Way check_rates(const PpoOptions& options, TrainOptions train_options) {
  constexpr int kIterations = 8;
  Learner learner(options);
  train_options.steps = kIterations * kBatch;
  Way way;
  std::int64_t iteration = 0;
  train(learner.source, learner.agent, learner.context, train_options, learner.progress,
        [&](const IterationReport& report) {
          const double share = static_cast<double>(iteration) / kIterations;
          CHECK(learner.context.progress() == share);
          const bool value_only = iteration < train_options.value_only_iterations;
          CHECK(report.policy.learning_rate == (value_only ? 0 : Schedule::linear(1e-2, 0)(share)));
          CHECK(learner.agent.value_update.optimizer().learning_rate() == Schedule::geometric(1e-2, 1e-4)(share));
          if (report.policy.stopped) ++way.stopped;
          if (report.policy.reverted) ++way.reverted;
          ++iteration;
        });
  CHECK(iteration == kIterations);
  way.policy_steps = learner.agent.policy_update.optimizer().steps();
  return way;
}

}  // namespace

TEST_CASE("rates are those of the share of the run, whatever becomes of the optimiser's steps") {
  const Way plain = check_rates(scheduled_ppo(), {});
  CHECK(plain.policy_steps == 8 * 16);
  // epochs that end early, or are taken back
  PpoOptions options = scheduled_ppo();
  options.trust_region = {.max_mean_kl = 1e-3, .on_violation = OnViolation::stop};
  const Way stopped = check_rates(options, {});
  CHECK(stopped.stopped > 2);
  CHECK(stopped.policy_steps < plain.policy_steps);
  options.trust_region.on_violation = OnViolation::revert;
  const Way reverted = check_rates(options, {});
  CHECK(reverted.reverted > 2);
  CHECK(reverted.policy_steps < plain.policy_steps);
  // the policy begins late, or sees a batch more than once
  CHECK(check_rates(scheduled_ppo(), {.value_only_iterations = 5}).policy_steps == 3 * 16);
  CHECK(check_rates(scheduled_ppo(), {.rounds = 2}).policy_steps == 2 * 8 * 16);
}

TEST_CASE("a run that was cut and taken up goes through its schedules with the same bits") {
  const TemporaryFolder folder;
  const TrainOptions options{.steps = 6 * kBatch};
  Learner whole(scheduled_ppo());
  train(whole.source, whole.agent, whole.context, options, whole.progress);
  for (const std::int64_t cut : {1, 4}) {
    Learner first(scheduled_ppo());
    train(first.source, first.agent, first.context, options, first.progress,
          [&](const IterationReport& report) { return report.iteration == cut ? Signal::stop : Signal::proceed; });
    save_checkpoint(folder / "c", first.source, first.agent, first.context, first.progress);
    Learner second(scheduled_ppo(), 77);
    load_checkpoint(folder / "c", second.source, second.agent, second.context, second.progress);
    train(second.source, second.agent, second.context, options, second.progress);
    CHECK(second.agent.policy.parameters() == whole.agent.policy.parameters());
    CHECK(second.agent.value.parameters() == whole.agent.value.parameters());
  }
}

TEST_CASE("the longest run there is has the rate that it starts with") {
  Learner learner(scheduled_ppo());
  int iterations = 0;
  train(learner.source, learner.agent, learner.context, {.steps = std::numeric_limits<std::int64_t>::max()},
        learner.progress, [&](const IterationReport& report) {
          CHECK(report.policy.learning_rate == Approx(1e-2).epsilon(1e-12));
          return ++iterations == 3 ? Signal::stop : Signal::proceed;
        });
  CHECK(iterations == 3);
}

TEST_CASE("a function that leaves its range on the way ends training with an error that says where") {
  PpoOptions options = scheduled_ppo();
  // between the shares at which it is tried
  options.optimizer = AdamOptions{.learning_rate = [](double share) { return share == 0.2 ? -1.0 : 1e-3; }};
  Learner learner(options);
  CHECK_THROWS_WITH(
      train(learner.source, learner.agent, learner.context, {.steps = 5 * kBatch}, learner.progress),
      Catch::Matchers::Equals("Adam: expected a finite learning_rate >= 0, got -1 after a share 0.2 of the run"));
}

TEST_CASE("impossible training is refused before it begins") {
  Learner learner(scheduled_ppo());
  const auto run = [&](const TrainOptions& options) {
    train(learner.source, learner.agent, learner.context, options, learner.progress);
  };
  CHECK_THROWS_WITH(run({.rounds = 0}), Catch::Matchers::Equals("TrainOptions: expected rounds >= 1, got 0"));
  CHECK_THROWS_AS(run({.steps = -1}), std::invalid_argument);
  CHECK_THROWS_AS(run({.value_only_iterations = -1}), std::invalid_argument);
  CHECK_THROWS_WITH(run({.measure_every = 0}),
                    Catch::Matchers::Equals("TrainOptions: expected measure_every >= 1, got 0"));
  CHECK(learner.progress.iterations == 0);
}
