// SPDX-License-Identifier: MIT
// A world that breaks: one bad first observation spoils the running statistics for good (SlopDotCash/asi #86), a policy
// that breaks the simulation is kept as the best, a run that only ever breaks it goes on to its end (MuJoCo #1570,
// Isaac Lab #1999), and what an optimiser remembers of numbers that diverged stays with it (rsl_rl #33).
#include <limits>

#include "bugs_of_others/learner.hpp"
#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/io/archive.hpp"
#include "vantage/train/periodic_evaluation.hpp"

using namespace vantage;
using Learner = testing::PpoLearner<>;

namespace {

/// Shows a number that is none in a share of its first observations, or breaks down where it is pushed up.
struct Fragile {
  double bad = std::numeric_limits<double>::quiet_NaN();
  double share = 0;                                          // of first observations
  double breaks_above = std::numeric_limits<double>::max();  // push
  EnvironmentSpec description{"Fragile", 1, Vector<double>::Constant(1, -1), Vector<double>::Constant(1, 1), 20, {}, 0};

  [[nodiscard]] const EnvironmentSpec& spec() const { return description; }
  void reset(Rng& rng, VectorRef<double> observation) { observation[0] = rng.uniform() < share ? bad : 0.25; }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    observation[0] = 0.1 * action[0];
    // what does not break pays badly
    return {-1, false, action[0] > breaks_above};
  }
};

using FragileLearner = testing::PpoLearner<Fragile>;

}  // namespace

TEST_CASE("bad first observations are faults, asked for again, and spoil nothing") {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), 1e200, -1e19}) {
    FragileLearner learner(3, 2, FragileLearner::adaptive(), Fragile{.bad = bad, .share = 0.2});
    CHECK(learner.run(4) == StopReason::finished);
    CHECK(learner.progress.faults > 3);
    CHECK(learner.progress.sound_episodes == learner.progress.episodes);
    CHECK(learner.source.normalizer().valid());
    CHECK(learner.source.normalizer().moments().mean().cwiseAbs().maxCoeff() < 1);
    CHECK(learner.agent.policy.parameters().allFinite());
  }
}

TEST_CASE("a world that never shows a sound first observation is an error that says so") {
  CHECK_THROWS_WITH(FragileLearner(3, 1, FragileLearner::adaptive(), Fragile{.share = 1}),
                    "VectorEnvironment::reset: expected a first observation of Fragile of numbers up to 1e+18, got nan "
                    "at index 0 after 10 resets in a row");
}

TEST_CASE("a policy that breaks the simulation is worse than any that does not") {
  Context context;
  Rng rng(1);
  GaussianPolicy<float> careful(1, 1, {.hidden = {2}, .log_std = -8}, rng);
  GaussianPolicy<float> reckless = careful;
  // the bias of the mean: pushed down or up for certain
  const Index bias = careful.parameters().size() - 2;
  careful.parameters()[bias] = -1;
  reckless.parameters()[bias] = 1;
  const Fragile world{.breaks_above = 0};
  // 20 steps of -1 against one fault, even where a fault costs nothing
  for (const double penalty : {0.0, 5.0, 100.0}) {
    const EvaluationOptions options{.episodes = 4, .gamma = 1, .fault_penalty = penalty};
    const Evaluation good = evaluate(world, careful, nullptr, context, options);
    const Evaluation bad = evaluate(world, reckless, nullptr, context, options);
    CHECK(good.fault_count() == 0);
    CHECK(good.returns == std::vector<double>(4, -20));
    CHECK(bad.faults == std::vector<Index>(4, 1));
    // one definition: the fault's reward is minus the penalty, as in training
    CHECK(bad.returns == std::vector<double>(4, -penalty));
    CHECK(bad.discounted_returns == bad.returns);
    CHECK(bad.lengths == std::vector<Index>(4, 1));
    CHECK(score(good).is_better_than(score(bad)));
    CHECK_FALSE(score(bad).is_better_than(score(good)));
  }
}

TEST_CASE("a run of nothing but faults ends early, and says so") {
  FragileLearner learner(3, 1, FragileLearner::adaptive(), Fragile{.breaks_above = -2});
  CHECK(learner.run(1000) == StopReason::faulted);
  CHECK(learner.progress.iterations == 1);
  CHECK(learner.progress.sound_episodes == 0);
  CHECK(learner.progress.faults == FragileLearner::kBatch);
  // short of the patience, at the end
  FragileLearner few(3, 1, FragileLearner::adaptive(), Fragile{.breaks_above = -2});
  few.source = Collector<Fragile>(VectorEnvironment<Fragile>(Fragile{.breaks_above = -2}, {.count = 2}), {.steps = 3});
  CHECK(train(few.source, few.agent, few.context, {.steps = 6}, few.progress) == StopReason::faulted);
}

namespace {

/// GAE that breaks one number, once.
struct Poisoned {
  Gae gae;
  std::int64_t* calls = nullptr;
  std::int64_t poisoned_call = 3;
  double gamma = 0.99;

  template <class S, class V>
  void operator()(const Batch<S>& batch, const V& value, Context& context, AdvantageEstimate<S>& estimate) const {
    gae(batch, value, context, estimate);
    if (++*calls == poisoned_call) estimate.value_targets[5] = std::numeric_limits<S>::quiet_NaN();
  }
};

}  // namespace

TEST_CASE("after a divergence all of the agent is as it was, and training goes on from there") {
  const TemporaryFolder folder;
  std::int64_t calls = 0;
  Learner parts(3);
  Agent agent{parts.agent.policy, parts.agent.value, Poisoned{Gae{}, &calls}, parts.agent.value_update,
              parts.agent.policy_update};
  std::string good;
  const TrainOptions options{.steps = 8 * Learner::kBatch, .divergence_file = folder.path() / "batch.safetensors"};
  TrainingProgress progress;
  const auto remember = [&](const IterationReport&, const auto& current) {
    StateWriter writer;
    writer("agent", current);
    good = writer.bytes();
  };
  REQUIRE(train(parts.source, agent, parts.context, options, progress, remember) == StopReason::diverged);
  CHECK(progress.iterations == 3);
  REQUIRE(progress.divergence.has_value());
  CHECK(progress.divergence->what == "value target");
  CHECK(progress.divergence->index == 5);
  StateWriter after;
  after("agent", agent);
  CHECK(after.bytes() == good);
  CHECK(std::filesystem::exists(options.divergence_file));

  // nothing of it is left: the next call ends
  CHECK(train(parts.source, agent, parts.context, options, progress) == StopReason::finished);
  CHECK_FALSE(progress.divergence.has_value());
  CHECK(agent.value.parameters().allFinite());
}
