// SPDX-License-Identifier: MIT
// training by several ranks, here threads of one process that speak to each other by a communicator alone
#include <atomic>
#include <bit>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "env/switchboard.hpp"
#include "epvf/learner.hpp"
#include "io/temporary_folder.hpp"
#include "rank_threads.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/advantage/reward_to_go.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/epvf/evolution_strategies.hpp"
#include "vantage/policy/actor_critic.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/rollout/evaluate.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/train.hpp"
#include "vantage/update/joint_update.hpp"
#include "vantage/update/natural_gradient.hpp"
#include "vantage/update/ppo.hpp"
#include "vantage/update/vpg.hpp"
#include "vantage/value/no_value.hpp"
#include "vantage/value/shared_value.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

using namespace vantage;

namespace {

using Gaussian = GaussianPolicy<float>;
using Categorical = CategoricalPolicy<float>;

// what training came to, as text: every number, exactly
class Outcome {
 public:
  template <class Numbers>
  void add(const Numbers& numbers) {
    for (const auto number : numbers) add_number(static_cast<double>(number));
  }
  void add_number(double number) { text_ += std::to_string(std::bit_cast<std::uint64_t>(number)) + ' '; }

  template <class A>
  void add(const IterationReport& report, const A& agent) {
    add(agent.policy.parameters());
    if constexpr (Parameterised<std::decay_t<decltype(agent.value)>>) add(agent.value.parameters());
    add(report.episodes.returns);
    add(report.episodes.lengths);
    for (const double number :
         {report.value.error_before, report.value.error_after, report.policy.step.mean_kl, report.policy.step.entropy,
          report.policy.natural.improvement, static_cast<double>(report.policy.natural.backtracks),
          report.policy.learning_rate, report.episodes.reward_sum, static_cast<double>(report.episodes.faults)}) {
      add_number(number);
    }
  }

  void add(const Evaluation& evaluation) {
    add(evaluation.returns);
    add(evaluation.discounted_returns);
    add(evaluation.lengths);
    add(evaluation.first_observations.reshaped());
    add(evaluation.steps.observations.reshaped());
    add(evaluation.steps.actions.reshaped());
  }

  friend bool operator==(const Outcome&, const Outcome&) = default;

 private:
  std::string text_;
};

// learn(context) gives an outcome: that of any ranks is that of a process alone
void check_ranks(const std::function<Outcome(Context&)>& learn) {
  Context alone({.seed = 3});
  const Outcome expected = learn(alone);
  for (const Index size : {2, 3, 5}) {
    for (const Index threads : {1, 2}) {
      CAPTURE(size, threads);
      std::atomic<Index> wrong{0};
      RankThreads(size).run([&](const Communicator& communicator) {
        Context context({.seed = 3, .threads = threads, .communicator = communicator});
        if (!(learn(context) == expected)) ++wrong;
      });
      CHECK(wrong == 0);
    }
  }
}

template <class E>
Collector<E> make_source(const E& world, Index environments = 10, Index steps = 60) {
  return {VectorEnvironment<E>(world, {.count = environments, .seed = 5, .max_episode_steps = 33}),
          {.steps = steps, .scale_rewards = true, .shard_size = 2}};
}

// trains, evaluates, trains on
template <class E, class Make>
Outcome learn(const E& world, Context& context, const Make& make, Index environments = 10, Index steps = 60) {
  auto source = make_source(world, environments, steps);
  auto agent = make(context.rng());
  TrainingProgress progress;
  Outcome outcome;
  const auto observe = [&](const IterationReport& report, const auto& current) { outcome.add(report, current); };
  train(source, agent, context, {.steps = 3 * source.batch_size()}, progress, observe);
  outcome.add(evaluate(source, agent.policy, context, {.episodes = 7, .keep_steps = true}));
  train(source, agent, context, {.steps = 5 * source.batch_size()}, progress, observe);
  outcome.add(source.normalizer().moments().mean());
  outcome.add_number(source.reward_scaler().factor());
  return outcome;
}

ValueRegressionOptions value_steps(Index minibatch = 0) { return {.steps = 4, .minibatch = minibatch}; }

}  // namespace

TEST_CASE("vpg with full-batch value steps is the same on any ranks") {
  check_ranks([](Context& context) {
    return learn(Pendulum(), context, [](Rng& rng) {
      return Agent{Gaussian(3, 1, {.hidden = {9}}, rng), ValueNetwork<float>(3, {.hidden = {7}}, rng), Gae{},
                   ValueRegression<float>(value_steps()), Vpg<Gaussian>({.epochs = 2})};
    });
  });
}

TEST_CASE("ppo is, with minibatches of less and of more than a block, and with a rate that follows the kl") {
  for (const Index minibatch : {60, 300}) {
    check_ranks([=](Context& context) {
      return learn(Pendulum(), context, [=](Rng& rng) {
        return Agent{Gaussian(3, 1, {.hidden = {9}, .state_dependent_std = true}, rng),
                     ValueNetwork<float>(3, {.hidden = {7}}, rng), Gae{},
                     ValueRegression<float>(value_steps(minibatch)),
                     Ppo<Gaussian>({.epochs = 3,
                                    .minibatch = minibatch,
                                    .adaptive_rate = {.target_kl = 1e-3, .every = AdaptEvery::minibatch},
                                    .trust_region = {.max_mean_kl = 2e-3, .on_violation = OnViolation::revert}})};
      });
    });
  }
}

TEST_CASE("trpo is, its line search too, over discrete actions and with a share of the states") {
  check_ranks([](Context& context) {
    return learn(CartPole(), context, [](Rng& rng) {
      return Agent{Categorical(4, 2, {.hidden = {9}}, rng), ValueNetwork<float>(4, {.hidden = {7}}, rng),
                   RewardToGo{.baseline = Baseline::value, .discount_weights = true},
                   ValueRegression<float>(value_steps()),
                   NaturalGradient<Categorical>({.max_kl = 0.2, .fisher_fraction = 0.7, .kl_tolerance = 0.9})};
    });
  });
}

TEST_CASE("trpo over several actions is, behind an encoder and under a mask") {
  check_ranks([](Context& context) {
    return learn(Switchboard(), context, [](Rng& rng) {
      const CategoricalPolicyOptions options{.hidden = {9}, .encoder = {{1, {}}, {5, {4}}}};
      return Agent{Categorical(Switchboard().spec(), options, rng), ValueNetwork<float>(6, {.hidden = {7}}, rng), Gae{},
                   ValueRegression<float>(value_steps()), NaturalGradient<Categorical>({.max_kl = 0.1})};
    });
  });
}

TEST_CASE("one network for both is") {
  check_ranks([](Context& context) {
    return learn(CartPole(), context, [](Rng& rng) {
      using M = ActorCritic<Categorical>;
      return Agent{M(Categorical(4, 2, {.hidden = {9}}, rng), rng), SharedValue{}, Gae{}, NoValueUpdate{},
                   JointUpdate<M>({.epochs = 2})};
    });
  });
}

TEST_CASE("a batch of one block is, where ranks have nothing to share but the worlds") {
  check_ranks([](Context& context) {
    return learn(
        Pendulum(), context,
        [](Rng& rng) {
          return Agent{Gaussian(3, 1, {.hidden = {9}}, rng), ValueNetwork<float>(3, {.hidden = {7}}, rng), Gae{},
                       ValueRegression<float>(value_steps()), Vpg<Gaussian>()};
        },
        4, 30);
  });
}

TEST_CASE("epvf is the same on any ranks, with a population and an archive of more than a block") {
  vantage::testing::EpvfSetup setup;
  setup.policy = {.hidden = {4}};
  setup.value = {.hidden = {8, 8}};
  setup.archive = {.population = 140, .generations = 2};
  setup.value_update = {.steps = 3};
  setup.normalize_observations = true;
  setup.action_map = ActionMap::clip;
  PendulumOptions world;
  world.max_episode_steps = 12;
  EpvfOptions options;
  options.centre_trial = {.max_drop = 0.01, .episodes = 5, .on_violation = OnViolation::stop};
  options.measure_foresight = true;
  const auto run = [&](Context& context) {
    vantage::testing::EpvfLearner<float, Pendulum> learner(Pendulum(world), setup);
    Outcome outcome;
    options.steps = 3 * 140 * 12;
    train_epvf(learner.source, learner.agent, context, options, learner.progress,
               [&](const IterationReport& report, const auto& agent) {
                 outcome.add(report, agent);
                 outcome.add_number(report.policy.ascent.centre_return);
                 outcome.add_number(report.value.foresight.rank_correlation);
               });
    outcome.add(learner.source.normalizer().moments().mean());
    return outcome;
  };
  check_ranks(run);
}

TEST_CASE("a search without a value is") {
  const auto run = [&](Context& context) {
    using P = DeterministicPolicy<float>;
    P policy(3, 1, {.hidden = {4}}, context.rng());
    const Index parameters = policy.parameters().size();
    EpvfAgent agent{std::move(policy),
                    NoValue<float>{},
                    PolicyArchive<float>(parameters, {.population = 150}),
                    Perturbation<float>({.antithetic = true}),
                    WeightClip{},
                    NoValueUpdate{},
                    EvolutionStrategies<float>()};
    PendulumOptions world;
    world.max_episode_steps = 12;
    PopulationEvaluator<Pendulum> source{Pendulum(world), {.normalize_observations = true}};
    TrainingProgress progress;
    Outcome outcome;
    train_epvf(source, agent, context, {.steps = 3 * 150 * 12}, progress,
               [&](const IterationReport& report, const auto& current) { outcome.add(report, current); });
    return outcome;
  };
  check_ranks(run);
}

TEST_CASE("a checkpoint of some ranks goes on with any others, to the same bits") {
  const TemporaryFolder folder;
  struct Learner {
    Collector<Pendulum> source = make_source(Pendulum());
    Agent<Gaussian, ValueNetwork<float>, Gae, ValueRegression<float>, Vpg<Gaussian>> agent;
    TrainingProgress progress;
    Outcome outcome;

    explicit Learner(Context& context)
        : agent{Gaussian(3, 1, {.hidden = {9}}, context.rng()), ValueNetwork<float>(3, {.hidden = {7}}, context.rng()),
                Gae{}, ValueRegression<float>(value_steps()), Vpg<Gaussian>()} {}

    void run(Context& context, std::int64_t iterations) {
      train(source, agent, context, {.steps = iterations * source.batch_size()}, progress,
            [&](const IterationReport& report, const auto& current) { outcome.add(report, current); });
    }
  };
  // cut in mid-episode
  Context alone({.seed = 3});
  Learner whole(alone);
  whole.run(alone, 2);
  whole.outcome = {};
  whole.run(alone, 5);
  for (const Index before : {1, 2, 3}) {
    for (const Index after : {1, 2, 5}) {
      CAPTURE(before, after);
      std::atomic<Index> wrong{0};
      RankThreads(before).run([&](const Communicator& communicator) {
        Context context({.seed = 3, .communicator = communicator});
        Learner first(context);
        first.run(context, 2);
        save_checkpoint(folder / "c", first.source, first.agent, context, first.progress);
      });
      RankThreads(after).run([&](const Communicator& communicator) {
        Context context({.seed = 77, .communicator = communicator});
        Learner second(context);
        load_checkpoint(folder / "c", second.source, second.agent, context, second.progress);
        second.run(context, 5);
        if (!(second.outcome == whole.outcome)) ++wrong;
      });
      CHECK(wrong == 0);
    }
  }
}
