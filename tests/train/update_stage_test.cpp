// SPDX-License-Identifier: MIT
#include "vantage/train/update_stage.hpp"

#include <tuple>

#include "catch.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;
using Policy = GaussianPolicy<double>;

namespace {

template <class U>
auto make_agent(U policy_update, const ValueRegressionOptions& value_options) {
  Rng rng(3);
  Policy policy(2, 1, {.hidden = {6}}, rng);
  ValueNetwork<double> value(2, {.hidden = {7}}, rng);
  return Agent{std::move(policy), std::move(value), Gae{}, ValueRegression<double>(value_options),
               std::move(policy_update)};
}

// parameters of policy and value, and the context's stream, after some iterations
template <class A>
auto trained(A agent, Index threads, const TrainOptions& options = {.steps = 3 * 240}) {
  Context context({.seed = 4, .threads = threads});
  Collector<PointMass> source(VectorEnvironment<PointMass>(PointMass(), {.count = 4}), {.steps = 60});
  TrainingProgress progress;
  train(source, agent, context, options, progress);
  return std::tuple(agent.policy.parameters(), agent.value.parameters(), context.rng());
}

}  // namespace

TEST_CASE("updates in minibatches side by side give the bits of one after the other") {
  // the schedules of both see how far the run is
  const auto agent =
      make_agent(Ppo<Policy>({.optimizer = AdamOptions{.learning_rate = Schedule::linear(1e-3, 0)},
                              .epochs = 2,
                              .minibatch = 32,
                              .clip_range = Schedule::linear(0.2, 0)}),
                 {.steps = 15, .optimizer = AdamOptions{.learning_rate = Schedule::linear(1e-2, 0)}, .minibatch = 48});
  REQUIRE(agent.policy_update.uses_minibatches(240));
  REQUIRE(agent.value_update.uses_minibatches(240));
  const auto alone = trained(agent, 1);
  CHECK(trained(agent, 2) == alone);
  CHECK(trained(agent, 3) == alone);
  // and they learn: a second seed's stream would give other parameters
  CHECK(std::get<0>(alone) != agent.policy.parameters());
  CHECK(std::get<1>(alone) != agent.value.parameters());
}

TEST_CASE("mixed kinds of updates run one after the other") {
  const auto whole_policy = make_agent(Vpg<Policy>(), {.steps = 5, .minibatch = 48});
  CHECK(trained(whole_policy, 2) == trained(whole_policy, 1));
  const auto whole_value = make_agent(Ppo<Policy>({.epochs = 2, .minibatch = 32}), {.steps = 5});
  CHECK(trained(whole_value, 2) == trained(whole_value, 1));
}

TEST_CASE("at first only the value may learn") {
  const auto agent = make_agent(Vpg<Policy>(), {.steps = 5});
  const auto frozen = trained(agent, 1, {.steps = 3 * 240, .value_only_iterations = 3});
  CHECK(std::get<0>(frozen) == agent.policy.parameters());
  CHECK(std::get<1>(frozen) != agent.value.parameters());
  const auto free = trained(agent, 1, {.steps = 3 * 240, .value_only_iterations = 2});
  CHECK(std::get<0>(free) != agent.policy.parameters());
}

TEST_CASE("rounds recompute the advantages with the values just learned, and measure from the policy that drew") {
  // three rounds by hand
  Context context({.seed = 4});
  auto agent = make_agent(Ppo<Policy>({.epochs = 1, .minibatch = 0}), {.steps = 4});
  Collector<PointMass> source(VectorEnvironment<PointMass>(PointMass(), {.count = 4}), {.steps = 60});
  Batch<double> batch;
  AdvantageEstimate<double> estimate;
  source.collect(agent.policy, context, batch);
  const Policy drawn_by = agent.policy;
  PolicyReport last;
  for (int round = 0; round < 3; ++round) {
    agent.advantage(batch, agent.value, context, estimate);
    agent.value_update(agent.value, batch.observations, estimate.value_targets, context);
    last = agent.policy_update(agent.policy, batch, estimate, context, &drawn_by);
  }
  const auto rounds =
      trained(make_agent(Ppo<Policy>({.epochs = 1, .minibatch = 0}), {.steps = 4}), 1, {.steps = 240, .rounds = 3});
  CHECK(std::get<0>(rounds) == agent.policy.parameters());
  CHECK(std::get<1>(rounds) == agent.value.parameters());
  const StepMeasure whole = measure_step(drawn_by, agent.policy, batch, context);
  CHECK(last.step.mean_kl == whole.mean_kl);
  CHECK(whole.mean_kl > 0);
  // not the same as three epochs on the first advantages
  const auto epochs = trained(make_agent(Ppo<Policy>({.epochs = 3, .minibatch = 0}), {.steps = 12}), 1, {.steps = 240});
  CHECK(std::get<0>(epochs) != agent.policy.parameters());
}

TEST_CASE("values that an estimator did not ask for are asked for by the value update") {
  enum class Values { known, empty, none };
  const auto run = [](Values values) {
    const auto agent = make_agent(Vpg<Policy>(), {.steps = 5, .minibatch = 48, .loss = {.kind = ValueLoss::clipped}});
    const auto estimator = [values](const Batch<double>& batch, const ValueNetwork<double>& value, Context& context,
                                    AdvantageEstimate<double>& estimate) {
      AdvantageEstimate<double> of_gae;
      Gae{}(batch, value, context, of_gae);
      estimate.resize(batch.size(), batch.successor_count());
      estimate.advantages = of_gae.advantages;
      estimate.value_targets = of_gae.value_targets;
      if (values == Values::known) estimate.values = of_gae.values;
      if (values == Values::empty) estimate.values.resize(0);
    };
    return trained(Agent{agent.policy, agent.value, estimator, agent.value_update, agent.policy_update}, 1);
  };
  CHECK(run(Values::known) == run(Values::empty));
  CHECK(run(Values::known) == run(Values::none));
}

TEST_CASE("a round that stopped is the last") {
  Ppo<Policy> stopping(
      {.epochs = 1, .minibatch = 0, .trust_region = {.max_mean_kl = 0, .on_violation = OnViolation::stop}});
  const auto once = trained(make_agent(stopping, {.steps = 4}), 1, {.steps = 240, .rounds = 1});
  CHECK(trained(make_agent(stopping, {.steps = 4}), 1, {.steps = 240, .rounds = 5}) == once);
}
