// SPDX-License-Identifier: MIT
#include "vantage/train/train.hpp"

#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/advantage/reward_to_go.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/update/natural_gradient.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/update/ppo_penalty.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/no_value.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

template <class S>
auto make_agent(Rng& rng, Index value_steps, double policy_rate = 3e-3, double value_rate = 3e-3) {
  using P = GaussianPolicy<S>;
  return Agent{P(2, 1, {.hidden = {16}}, rng), ValueNetwork<S>(2, {.hidden = {16}}, rng), Gae{.gamma = 0.95},
               ValueRegression<S>({.steps = value_steps, .optimizer = AdamOptions{.learning_rate = value_rate}}),
               Vpg<P>({.optimizer = AdamOptions{.learning_rate = policy_rate}})};
}

Collector<PointMass> make_collector(Index count = 8, Index steps = 50) {
  return {VectorEnvironment<PointMass>(PointMass(), {.count = count, .seed = 5}), {.steps = steps}};
}

}  // namespace

TEST_CASE("more value steps change the value function and nothing else of the first iteration") {
  struct Outcome {
    Batch<double> batch;
    AdvantageEstimate<double> estimate;
    Vector<double> policy, value;
  };
  const auto run = [](Index value_steps) {
    Context context;
    auto collector = make_collector();
    auto agent = make_agent<double>(context.rng(), value_steps);
    TrainingProgress progress;
    Outcome out;
    // the loop writes its own batch: a twin of the collector shows it
    auto twin = collector;
    twin.collect(agent.policy, context, out.batch);
    agent.advantage(out.batch, agent.value, context, out.estimate);
    CHECK(train(collector, agent, context, {.steps = 400}, progress) == StopReason::finished);
    CHECK(progress.iterations == 1);
    out.policy = agent.policy.parameters();
    out.value = agent.value.parameters();
    return out;
  };
  const Outcome none = run(0), one = run(1), many = run(50);
  for (const Outcome* other : {&one, &many}) {
    CHECK(other->batch.observations == none.batch.observations);
    CHECK(other->batch.actions == none.batch.actions);
    CHECK(other->estimate.advantages == none.estimate.advantages);
    CHECK(other->policy == none.policy);
    CHECK(other->value != none.value);
  }
  CHECK(one.value != many.value);
}

TEST_CASE("the loop is its lines: advantages before value steps, one policy step, fixed order") {
  Context context, by_hand;
  auto collector = make_collector();
  auto other = make_collector();
  auto agent = make_agent<double>(context.rng(), 5);
  auto copy = make_agent<double>(by_hand.rng(), 5);
  TrainingProgress progress;
  train(collector, agent, context, {.steps = 1200}, progress);
  Batch<double> batch;
  AdvantageEstimate<double> estimate;
  for (int i = 0; i < 3; ++i) {
    other.collect(copy.policy, by_hand, batch);
    copy.advantage(batch, copy.value, by_hand, estimate);
    copy.value_update(copy.value, batch.observations, estimate.value_targets, by_hand);
    copy.policy_update(copy.policy, batch, estimate, by_hand);
  }
  CHECK(agent.policy.parameters() == copy.policy.parameters());
  CHECK(agent.value.parameters() == copy.value.parameters());
}

TEST_CASE("training counts what it does and tells observers in their order") {
  Context context;
  auto collector = make_collector(8, 60);
  auto agent = make_agent<float>(context.rng(), 2);
  TrainingProgress progress;
  std::vector<std::int64_t> seen;
  std::vector<int> order;
  std::int64_t episodes = 0;
  const StopReason reason = train(
      collector, agent, context, {.steps = 2000}, progress,
      [&](const IterationReport& report) {
        seen.push_back(report.iteration);
        order.push_back(1);
        episodes += static_cast<std::int64_t>(report.episodes.returns.size());
        CHECK(report.progress.env_steps == 480 * report.iteration);
        CHECK(report.total_steps == 2000);
        if (report.episodes.returns.empty()) {
          CHECK(std::isnan(report.mean_return));
        } else {
          CHECK(report.mean_return == mean(report.episodes.returns));
          CHECK(report.mean_length == 100);
        }
        CHECK(report.value.steps == 2);
        CHECK(report.policy.epochs == 1);
      },
      [&](const IterationReport&, const auto& learner) {
        order.push_back(2);
        CHECK(learner.policy.parameters().allFinite());
        return Signal::proceed;
      });
  CHECK(reason == StopReason::finished);
  CHECK(seen == std::vector<std::int64_t>{1, 2, 3, 4, 5});
  CHECK(order == std::vector<int>{1, 2, 1, 2, 1, 2, 1, 2, 1, 2});
  CHECK(progress.iterations == 5);
  CHECK(progress.env_steps == 2400);  // whole batches
  CHECK(progress.episodes == 24);     // 300 steps each, episodes of 100
  CHECK(episodes == 24);
  CHECK(progress.recent_returns.size() == 24);
  CHECK(progress.faults == 0);
  CHECK(progress.wall_seconds > 0);
  // the parts, one after the other, and little else
  const double parts = progress.collect_seconds + progress.value_seconds + progress.policy_seconds;
  CHECK(parts <= progress.wall_seconds);
  CHECK(parts > progress.wall_seconds / 2);
  // there is nothing left to do
  CHECK(train(collector, agent, context, {.steps = 2400}, progress) == StopReason::finished);
  CHECK(progress.iterations == 5);
}

TEST_CASE("what is not measured for the report changes nothing that is learned") {
  using P = GaussianPolicy<double>;
  // reports of seven iterations, and the parameters they end with
  const auto run = [](auto update, std::int64_t measure_every) {
    Context context({.threads = 2});
    auto collector = make_collector();
    Agent agent{P(2, 1, {.hidden = {16}}, context.rng()), ValueNetwork<double>(2, {.hidden = {16}}, context.rng()),
                Gae{}, ValueRegression<double>({.steps = 6, .minibatch = 100}), std::move(update)};
    TrainingProgress progress;
    std::vector<std::pair<ValueReport, PolicyReport>> reports;
    train(collector, agent, context, {.steps = 7 * 400, .measure_every = measure_every}, progress,
          [&](const IterationReport& report) { reports.emplace_back(report.value, report.policy); });
    // the seventh iteration measures; what a loop of one's own does afterwards is measured too, whatever the last one
    // did
    const bool before = context.measures();
    train(collector, agent, context, {.steps = 8 * 400, .measure_every = 5}, progress);
    CHECK(progress.iterations == 8);
    CHECK((before && context.measures()));
    return std::tuple(std::move(reports), agent.policy.parameters(), agent.value.parameters());
  };
  const auto compare = [&](const auto& update, bool needs_measure) {
    const auto [all, policy, value] = run(update, 1);
    const auto [some, same_policy, same_value] = run(update, 3);
    CHECK(policy == same_policy);
    CHECK(value == same_value);
    REQUIRE(all.size() == 7);
    REQUIRE(some.size() == 7);
    for (std::size_t i = 0; i < 7; ++i) {
      CAPTURE(i);
      const bool measured = i % 3 == 0;
      CHECK(some[i].first.error_before == all[i].first.error_before);
      CHECK(some[i].first.explained_variance == all[i].first.explained_variance);
      CHECK(some[i].first.gradient_norm == all[i].first.gradient_norm);
      CHECK((measured ? some[i].first.error_after == all[i].first.error_after : std::isnan(some[i].first.error_after)));
      const StepMeasure step = some[i].second.step, whole = all[i].second.step;
      CHECK(whole.mean_kl > 0);
      if (measured || needs_measure) {
        CHECK(step.mean_kl == whole.mean_kl);
        CHECK(step.max_ratio == whole.max_ratio);
        CHECK(step.entropy == whole.entropy);
      } else {
        for (const double number :
             {step.mean_kl, step.max_kl, step.min_ratio, step.max_ratio, step.clip_fraction, step.entropy}) {
          CHECK(std::isnan(number));
        }
        CHECK_FALSE(some[i].second.violated);
      }
      CHECK(some[i].second.gradient_norm == all[i].second.gradient_norm);
    }
  };
  compare(Vpg<P>(), false);
  compare(Ppo<P>({.epochs = 2, .minibatch = 100}), false);
  compare(NaturalGradient<P>(), false);
  // what goes on with how far a step went
  compare(PpoPenalty<P>({.epochs = 2}), true);
  compare(Vpg<P>({.trust_region = {.max_mean_kl = 1e-9}}), true);
  compare(Vpg<P>({.trust_region = {.on_violation = OnViolation::stop}}), true);
  compare(NaturalGradient<P>({.trust_region = {.max_mean_kl = 1}}), true);
  compare(Ppo<P>({.epochs = 2, .minibatch = 100, .adaptive_rate = {.target_kl = 0.01}}), true);
}

TEST_CASE("an observer can stop training, and the others still hear of the iteration") {
  Context context;
  auto collector = make_collector();
  auto agent = make_agent<float>(context.rng(), 1);
  TrainingProgress progress;
  int heard = 0;
  const StopReason reason = train(
      collector, agent, context, {.steps = 1'000'000}, progress,
      [](const IterationReport& report) { return report.iteration == 3 ? Signal::stop : Signal::proceed; },
      [&](const IterationReport&) { ++heard; });
  CHECK(reason == StopReason::observer);
  CHECK(progress.iterations == 3);
  CHECK(heard == 3);
}

TEST_CASE("numbers that diverge end training with the last finite ones") {
  const double infinite = 1e300;  // in single precision
  for (const bool policy_diverges : {false, true}) {
    Context context;
    auto collector = make_collector();
    auto agent =
        make_agent<float>(context.rng(), 3, policy_diverges ? infinite : 1e-3, policy_diverges ? 1e-3 : infinite);
    const Vector<float> policy = agent.policy.parameters();
    const Vector<float> value = agent.value.parameters();
    TrainingProgress progress;
    int heard = 0;
    CHECK(train(collector, agent, context, {.steps = 4000}, progress, [&](const IterationReport&) { ++heard; }) ==
          StopReason::diverged);
    CHECK(heard == 0);
    CHECK(progress.iterations == 1);
    CHECK(agent.policy.parameters() == policy);
    CHECK(agent.value.parameters() == value);
  }
}

TEST_CASE("training without a value function is the same loop") {
  Context context;
  auto collector = make_collector();
  using P = GaussianPolicy<float>;
  Agent agent{P(2, 1, {}, context.rng()), NoValue<float>{}, Gae{0.95, 1.0}, NoValueUpdate{}, Vpg<P>{}};
  const Vector<float> start = agent.policy.parameters();
  TrainingProgress progress;
  CHECK(train(collector, agent, context, {.steps = 800}, progress) == StopReason::finished);
  CHECK(agent.policy.parameters() != start);
  CHECK(agent.policy.parameters().allFinite());
}

TEST_CASE("training does not depend on the number of threads") {
  Vector<float> policy, value;
  for (const Index threads : {1, 2, 3, 5}) {
    Context context({.threads = threads});
    auto collector = make_collector();
    auto agent = make_agent<float>(context.rng(), 4);
    TrainingProgress progress;
    train(collector, agent, context, {.steps = 1600}, progress);
    if (threads == 1) {
      policy = agent.policy.parameters();
      value = agent.value.parameters();
    }
    CHECK(agent.policy.parameters() == policy);
    CHECK(agent.value.parameters() == value);
  }
}

TEST_CASE("value and policy updates commute: neither sees the other's parameters") {
  // four rounds on one estimate, full-batch, value first or policy first
  const auto run = [](bool value_first, const auto& estimator) {
    Context context({.threads = 2});
    auto collector = make_collector();
    auto agent = make_agent<float>(context.rng(), 5);
    Batch<float> batch;
    AdvantageEstimate<float> estimate;
    collector.collect(agent.policy, context, batch);
    estimator(batch, agent.value, context, estimate);
    for (int round = 0; round < 4; ++round) {
      if (value_first) agent.value_update(agent.value, batch.observations, estimate.value_targets, context);
      agent.policy_update(agent.policy, batch, estimate, context);
      if (!value_first) agent.value_update(agent.value, batch.observations, estimate.value_targets, context);
    }
    return std::pair{agent.policy.parameters(), agent.value.parameters()};
  };
  CHECK(run(true, Gae{}) == run(false, Gae{}));
  const RewardToGo to_go{.baseline = Baseline::value};
  CHECK(run(true, to_go) == run(false, to_go));
  // and each did something that depends on the estimator
  CHECK(run(true, Gae{}).first != run(true, to_go).first);
  CHECK(run(true, Gae{}).second != run(true, to_go).second);
}
