// SPDX-License-Identifier: MIT
#include "vantage/value/shared_value.hpp"

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/policy/actor_critic.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/joint_update.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

using Model = ActorCritic<CategoricalPolicy<float>>;
using TestAgent = Agent<Model, SharedValue, Gae, ValueRegression<float>, JointUpdate<Model>>;

Model make() {
  Rng rng(3);
  return Model(4, 2, {.hidden = {16}}, rng);
}

Collector<CartPole> source(std::uint64_t seed = 1) {
  return Collector<CartPole>(VectorEnvironment<CartPole>(CartPole(), {.count = 16, .seed = seed}), {.steps = 20});
}

TestAgent agent(const JointUpdateOptions& options, const Gae& gae = {}) {
  return {make(), {}, gae, ValueRegression<float>({.steps = 0}), JointUpdate<Model>(options)};
}

const JointUpdateOptions kMinibatches{.epochs = 2, .minibatch = 100, .clip_range = 0.2, .entropy_coefficient = 0.01};

}  // namespace

TEST_CASE("where the value is shared the policy predicts it") {
  Model model = make();
  SharedValue shared;
  double other = 0;
  CHECK(&value_function(model, shared) == &model);
  CHECK(&value_function(model, other) == &other);
}

TEST_CASE("training passes the model twice, as a loop of one's own does") {
  for (const JointUpdateOptions& options : {JointUpdateOptions{}, kMinibatches}) {
    Context context;
    auto collector = source();
    TestAgent trained = agent(options);
    TrainingProgress progress;
    double explained = 0;
    train(collector, trained, context, {.steps = 5 * 320}, progress,
          [&](const IterationReport& report) { explained = report.value.explained_variance; });

    Context its;
    auto same = source();
    Model model = make();
    JointUpdate<Model> update(options);
    Batch<float> batch;
    AdvantageEstimate<float> estimate;
    for (int iteration = 0; iteration < 5; ++iteration) {
      same.collect(model, its, batch);
      Gae{}(batch, model, its, estimate);
      update(model, batch, estimate, its);
    }
    CHECK(trained.policy.parameters() == model.parameters());
    CHECK(model.parameters() != make().parameters());
    // the value steps changed nothing, but measured
    const Vector<float> miss = estimate.value_targets - estimate.values;
    const auto variance = [](const Vector<float>& x) { return (x.array() - x.mean()).square().mean(); };
    CHECK(explained == Approx(1 - variance(miss) / variance(estimate.value_targets)).epsilon(1e-3));
  }
}

TEST_CASE("training a shared model gives the same bits on any number of threads") {
  const auto check = [](const auto& update) {
    Vector<float> expected;
    for (const Index threads : {1, 2, 3}) {
      Context context({.threads = threads});
      auto collector = source();
      // minibatches of both updates would run side by side if the value were not the policy
      Agent trained{make(), SharedValue{}, Gae{}, ValueRegression<float>({.steps = 20, .minibatch = 64}), update};
      TrainingProgress progress;
      train(collector, trained, context, {.steps = 5 * 320}, progress);
      if (threads == 1) expected = trained.policy.parameters();
      CHECK(trained.policy.parameters() == expected);
    }
  };
  check(JointUpdate<Model>());
  check(JointUpdate<Model>(kMinibatches));
  check(Ppo<Model>());
}

TEST_CASE("a checkpoint of a shared model goes on as if nothing had happened") {
  const TemporaryFolder folder;
  const auto path = folder / "checkpoint.safetensors";
  JointUpdateOptions options = kMinibatches;
  options.entropy_coefficient = Schedule::linear(0.1, 0);
  options.adaptive_rate = {.target_kl = 0.01};
  Context context;
  auto collector = source();
  TestAgent trained = agent(options);
  TrainingProgress progress;
  train(collector, trained, context, {.steps = 3 * 320}, progress);
  save_checkpoint(path, collector, trained, context, progress);
  train(collector, trained, context, {.steps = 6 * 320}, progress);

  Context other({.seed = 7});
  auto restored_source = source(9);
  TestAgent restored = agent(options);
  TrainingProgress restored_progress;
  load_checkpoint(path, restored_source, restored, other, restored_progress);
  CHECK(restored.policy.parameters() != trained.policy.parameters());
  train(restored_source, restored, other, {.steps = 6 * 320}, restored_progress);
  CHECK(restored.policy.parameters() == trained.policy.parameters());
  CHECK(restored_progress.episodes == progress.episodes);
}

TEST_CASE("parameters that diverge are taken back to the last finite ones") {
  Context context;
  auto collector = source();
  TestAgent trained = agent({.optimizer = SgdOptions{.learning_rate = 1e38}, .max_gradient_norm = 0});
  TrainingProgress progress;
  CHECK(train(collector, trained, context, {.steps = 20 * 320}, progress) == StopReason::diverged);
  CHECK(trained.policy.parameters().allFinite());
}

TEST_CASE("a shared model learns to balance the pole; one that does not learn does not") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto trained_return = [&](double rate, double value_coefficient, std::int64_t steps = 100'000) {
      Context context({.seed = seed});
      Collector<CartPole> collector(VectorEnvironment<CartPole>(CartPole(), {.count = 16, .seed = seed}), {.steps = 5});
      TestAgent trained =
          agent({.optimizer = RmsPropOptions{.learning_rate = rate}, .value_coefficient = value_coefficient},
                {.lambda = 1.0});
      TrainingProgress progress;
      CHECK(train(collector, trained, context, {.steps = steps}, progress) == StopReason::finished);
      return progress.mean_return_last_100();
    };
    const double learned = trained_return(2e-3, 0.5);
    const double without_value = trained_return(2e-3, 0);
    const double stayed = trained_return(0, 0.5, 20'000);
    INFO("learned " << learned << ", value not fitted " << without_value << ", without learning " << stayed);
    CHECK(learned > 80);
    CHECK(without_value < 40);
    CHECK(stayed < 40);
  }
}
