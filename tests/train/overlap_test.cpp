// SPDX-License-Identifier: MIT
// value steps beside the collection of the next batch, through the loop
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/epvf/history_regression.hpp"
#include "vantage/policy/actor_critic.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/observers.hpp"
#include "vantage/train/periodic_evaluation.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/joint_update.hpp"
#include "vantage/update/natural_gradient.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/adaptive_value_regression.hpp"
#include "vantage/value/normalized_regression.hpp"
#include "vantage/value/normalized_value.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;
using Policy = GaussianPolicy<double>;

namespace {

constexpr Index kBatch = 240;

Collector<Pendulum> make_source() {
  return {VectorEnvironment<Pendulum>(Pendulum(), {.count = 4, .max_episode_steps = 50}),
          {.steps = kBatch / 4, .scale_rewards = true}};
}

template <class VU, class PU>
auto make_agent(VU value_update, PU policy_update) {
  Rng rng(3);
  Policy policy(3, 1, {.hidden = {6}}, rng);
  ValueNetwork<double> value(3, {.hidden = {7}}, rng);
  return Agent{std::move(policy), std::move(value), Gae{}, std::move(value_update), std::move(policy_update)};
}

const auto kNever = [](std::int64_t) { return false; };

struct Row {
  std::int64_t iteration, env_steps, episodes;
  double recent_return, error_before, error_after, value_norm, mean_kl, policy_norm;
  Index value_steps, epochs;

  friend bool operator==(const Row&, const Row&) = default;
};

// all that a run comes to: what it reports, what is learned, where stream and worlds are
template <class A, class... Observers>
auto outcome(A agent, Index threads, const TrainOptions& options, Observers&&... observers) {
  Context context({.seed = 4, .threads = threads});
  auto source = make_source();
  TrainingProgress progress;
  std::vector<Row> rows;
  const StopReason reason =
      train(source, agent, context, options, progress,
            ReadsSource(kNever,
                        [&](const IterationReport& of) {
                          // not a number is written as one that no measure gives
                          const auto number = [](double value) { return value == value ? value : -1; };
                          rows.push_back({of.iteration, of.progress.env_steps, of.progress.episodes,
                                          number(of.progress.mean_return_last_100()), of.value.error_before,
                                          number(of.value.error_after), of.value.gradient_norm,
                                          number(of.policy.step.mean_kl), of.policy.gradient_norm, of.value.steps,
                                          of.policy.epochs});
                        }),
            observers...);
  Batch<double> next;
  source.collect(agent.policy, context, next);
  return std::tuple(reason, std::move(rows), Vector<double>(agent.policy.parameters()),
                    Vector<double>(agent.value.parameters()), context.rng(), Matrix<double>(next.observations),
                    Matrix<double>(next.rewards), Vector<double>(source.normalizer().moments().mean()));
}

template <class A>
void check_overlap(const A& agent, TrainOptions options = {}) {
  options.steps = 5 * kBatch;
  const auto plain = outcome(agent, 1, options);
  REQUIRE(std::get<0>(plain) == StopReason::finished);
  REQUIRE(std::get<1>(plain).size() == 5);
  for (const auto& [threads, beside] : {std::pair<Index, Index>{1, 1}, {2, 1}, {1, 2}}) {
    CAPTURE(threads, beside);
    options.overlap_threads = beside;
    CHECK(outcome(agent, threads, options) == plain);
  }
}

}  // namespace

TEST_CASE("value steps beside the next collection come to the same bits") {
  const Vpg<Policy> vpg({.optimizer = AdamOptions{.learning_rate = Schedule::linear(1e-2, 0)}});
  const Ppo<Policy> ppo({.epochs = 2, .minibatch = 32, .clip_range = Schedule::linear(0.2, 0)});
  const AdamOptions falling{.learning_rate = Schedule::linear(1e-2, 0)};
  check_overlap(make_agent(ValueRegression<double>({.steps = 15, .optimizer = falling}), vpg));
  check_overlap(make_agent(ValueRegression<double>({.steps = 15, .optimizer = falling, .minibatch = 48}), ppo));
  check_overlap(make_agent(ValueRegression<double>({.steps = 15, .minibatch = 48}), vpg));
  check_overlap(make_agent(ValueRegression<double>({.steps = 5, .loss = {.kind = ValueLoss::clipped}}), ppo),
                {.value_only_iterations = 2, .measure_every = 3});
  check_overlap(make_agent(ValueRegression<double>({.steps = 5, .minibatch = 48}), NaturalGradient<Policy>()));
  check_overlap(make_agent(AdaptiveValueRegression<double>({.steps = 20}), vpg));
  // several rounds, the last of which is the first that stops
  check_overlap(make_agent(ValueRegression<double>({.steps = 5, .minibatch = 48}), ppo), {.rounds = 3});
  check_overlap(make_agent(ValueRegression<double>({.steps = 5, .minibatch = 48}),
                           Ppo<Policy>({.epochs = 1,
                                        .minibatch = 32,
                                        .trust_region = {.max_mean_kl = 1e-4, .on_violation = OnViolation::stop}})),
                {.rounds = 3});
}

TEST_CASE("so do values that normalise their targets, and values that follow the policy") {
  const Ppo<Policy> ppo({.epochs = 2, .minibatch = 32});
  Rng rng(3);
  const Policy policy(3, 1, {.hidden = {6}}, rng);
  check_overlap(Agent{policy, NormalizedValue(ValueNetwork<double>(3, {.hidden = {7}}, rng)), Gae{},
                      NormalizedRegression(ValueRegression<double>({.steps = 5, .minibatch = 48})), ppo});
  for (const Index minibatch : {0, 300}) {
    check_overlap(Agent{policy, PolicyExtendedValue<double>(policy, {}, {.hidden = {7}}, rng), Gae{},
                        HistoryRegression<double>({.steps = 5, .minibatch = minibatch}, {.policies = 2, .samples = 60}),
                        ppo});
  }
}

TEST_CASE("what reads the source sees it where the iteration left it") {
  const auto agent = make_agent(ValueRegression<double>({.steps = 5}), Vpg<Policy>());
  // the counts of a normaliser, and returns of evaluations through it
  const auto run = [&](Index overlap_threads) {
    Context context;
    auto source = make_source();
    auto learner = agent;
    TrainingProgress progress;
    std::vector<double> seen;
    PeriodicEvaluation<Pendulum, Policy> evaluation(3, source, context, {.episodes = 2});
    const auto look = [&](const IterationReport&) { seen.push_back(source.normalizer().moments().mean()[0]); };
    train(source, learner, context, {.steps = 9 * kBatch, .overlap_threads = overlap_threads}, progress, evaluation,
          Every(2, look),
          ReadsSource([](std::int64_t iteration) { return iteration == 5; },
                      [&](const IterationReport& report) {
                        seen.push_back(evaluation.last_return());
                        if (report.iteration == 5) look(report);
                      }));
    CHECK(seen.size() == 4 + 9 + 1);
    seen.push_back(evaluation.best_return());
    // the first two are not a number: nothing was evaluated yet
    return std::vector<double>(seen.begin() + 3, seen.end());
  };
  CHECK(run(1) == run(0));
}

TEST_CASE("where an observer stops, what was collected meanwhile is learned from first") {
  const auto agent = make_agent(ValueRegression<double>({.steps = 5}), Vpg<Policy>());
  const auto stop_at = [](std::int64_t iteration) {
    return StopWhen([iteration](const IterationReport& report) { return report.iteration == iteration; });
  };
  const TrainOptions plain{.steps = 9 * kBatch}, overlap{.steps = 9 * kBatch, .overlap_threads = 1};
  const auto four = outcome(agent, 1, plain, stop_at(4));
  REQUIRE(std::get<1>(four).size() == 4);
  CHECK(outcome(agent, 1, overlap, stop_at(3)) == four);
  // unless somebody wanted to see the source then
  auto reads = ReadsSource([](std::int64_t iteration) { return iteration == 4; }, [](const IterationReport&) {});
  CHECK(outcome(agent, 1, overlap, stop_at(4), reads) == four);
  // a stop at the last iteration but one ends with all steps made
  CHECK(std::get<1>(outcome(agent, 1, overlap, stop_at(8))).size() == 9);
}

namespace {

// the two sides of an overlap, each of which waits for the other to have begun
struct Meeting {
  std::atomic<int> collections{0}, regressions{0};

  static bool comes_to(const std::atomic<int>& count, int number) {
    const auto start = std::chrono::steady_clock::now();
    while (count < number) {
      if (std::chrono::steady_clock::now() - start > std::chrono::seconds(20)) return false;
      std::this_thread::yield();
    }
    return true;
  }
};

struct MeetingSource {
  Collector<Pendulum> inner = make_source();
  Meeting* meeting;
  int fails_at = 0;

  void set_gamma(double gamma) { inner.set_gamma(gamma); }

  template <Actor P>
  void collect(const P& policy, Context& context, Batch<typename P::Scalar>& batch) {
    const int number = ++meeting->collections;
    // collection k + 1 goes on once regression k has begun
    if (!Meeting::comes_to(meeting->regressions, number - 1)) throw std::runtime_error("no value steps beside");
    if (number == fails_at) throw std::runtime_error("the world is gone");
    inner.collect(policy, context, batch);
  }
};

struct MeetingRegression {
  ValueRegression<double> inner{ValueRegressionOptions{.steps = 2}};
  Meeting* meeting;
  int last = 0;

  [[nodiscard]] bool draws(Index samples) const { return inner.draws(samples); }

  template <class V>
  ValueReport operator()(V& value, const Matrix<double>& inputs, const Vector<double>& targets, Context& context) {
    const int number = ++meeting->regressions;
    // regression k ends once collection k + 1 has begun; the last has none beside it
    if (number != last && !Meeting::comes_to(meeting->collections, number + 1)) {
      throw std::runtime_error("no collection beside");
    }
    return inner(value, inputs, targets, context);
  }
};

}  // namespace

TEST_CASE("value steps and the next collection run at the same time") {
  Meeting meeting;
  MeetingSource source{.meeting = &meeting};
  auto agent = make_agent(MeetingRegression{.meeting = &meeting, .last = 6}, Vpg<Policy>());
  Context context;
  TrainingProgress progress;
  CHECK(train(source, agent, context, {.steps = 6 * kBatch, .overlap_threads = 1}, progress) == StopReason::finished);
  CHECK(meeting.collections == 6);
  CHECK(meeting.regressions == 6);
}

TEST_CASE("an exception of the source comes when the value steps have ended") {
  Meeting meeting;
  MeetingSource source{.meeting = &meeting, .fails_at = 3};
  auto agent = make_agent(MeetingRegression{.meeting = &meeting, .last = 6}, Vpg<Policy>());
  Context context;
  TrainingProgress progress;
  CHECK_THROWS_WITH(train(source, agent, context, {.steps = 6 * kBatch, .overlap_threads = 1}, progress),
                    "the world is gone");
  CHECK(meeting.regressions == 2);
  // all of two iterations is learned
  auto two = make_agent(ValueRegression<double>({.steps = 2}), Vpg<Policy>());
  auto plain = make_source();
  Context same;
  TrainingProgress counted;
  train(plain, two, same, {.steps = 2 * kBatch}, counted);
  CHECK(agent.policy.parameters() == two.policy.parameters());
  CHECK(agent.value.parameters() == two.value.parameters());
}

TEST_CASE("numbers that diverge beside a collection end training with the last finite ones") {
  const auto run = [](Index overlap_threads, bool policy_diverges) {
    const auto late = [](double share) { return share < 0.25 ? 1e-3 : 1e300; };
    const OptimizerOptions bad = SgdOptions{.learning_rate = late}, good = SgdOptions{.learning_rate = 1e-3};
    auto agent = make_agent(ValueRegression<double>({.steps = 3, .optimizer = policy_diverges ? good : bad}),
                            Vpg<Policy>({.optimizer = policy_diverges ? bad : good}));
    Context context;
    auto source = make_source();
    TrainingProgress progress;
    const StopReason reason =
        train(source, agent, context, {.steps = 10 * kBatch, .overlap_threads = overlap_threads}, progress);
    CHECK(reason == StopReason::diverged);
    REQUIRE(progress.divergence);
    return std::tuple(progress.iterations, progress.divergence->words, Vector<double>(agent.policy.parameters()),
                      Vector<double>(agent.value.parameters()));
  };
  for (const bool policy_diverges : {false, true}) {
    CAPTURE(policy_diverges);
    const auto plain = run(0, policy_diverges);
    CHECK(std::get<0>(plain) > 2);
    CHECK(run(1, policy_diverges) == plain);
  }
}

TEST_CASE("overlap is refused where results could be others") {
  const auto agent = make_agent(ValueRegression<double>({.steps = 2}), Vpg<Policy>());
  const TrainOptions options{.steps = kBatch, .overlap_threads = 1};
  const auto run = [&options](auto learner, Context& context, auto&&... observers) {
    auto source = make_source();
    TrainingProgress progress;
    train(source, learner, context, options, progress, observers...);
  };
  Context context;
  CHECK_NOTHROW(run(agent, context));
  CHECK_THROWS_WITH(run(agent, context, [](const IterationReport&) {}),
                    Catch::Matchers::Contains("observers with reads_source(iteration), see ReadsSource"));
  // an update of a user's that does not say whether it draws
  const auto update = [](auto& value, const auto& inputs, const auto& targets, Context& with) {
    return ValueRegression<double>({.steps = 2})(value, inputs, targets, with);
  };
  CHECK_THROWS_WITH(run(make_agent(update, Vpg<Policy>()), context), Catch::Matchers::Contains("draws(samples)"));
  // a value that is the policy
  using Model = ActorCritic<Policy>;
  CHECK_THROWS_WITH(run(Agent{Model(3, 1, {}, context.rng()), SharedValue{}, Gae{},
                              ValueRegression<double>({.steps = 0}), JointUpdate<Model>()},
                        context),
                    Catch::Matchers::Contains("a value function of its own"));
  Context ranked({.communicator = {.rank = 0, .size = 2}});
  CHECK_THROWS_WITH(run(agent, ranked), Catch::Matchers::Contains("expected one rank, got 2"));
  CHECK_THROWS_WITH(validate(TrainOptions{.overlap_threads = -1}),
                    Catch::Matchers::Contains("overlap_threads >= 0, got -1"));
}
