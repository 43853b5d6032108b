// SPDX-License-Identifier: MIT
#include "vantage/rollout/evaluate.hpp"

#include <set>

#include "catch.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/rollout/population_evaluator.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

GaussianPolicy<double> make_policy() {
  Rng rng(3);
  return GaussianPolicy<double>(2, 1, {.hidden = {5}, .initialization = {.output_gain = 1}}, rng);
}

Normalizer seen() {
  Normalizer normalizer(2);
  RunningMoments moments(2);
  moments.add(Eigen::Vector2d(1, 5));
  moments.add(Eigen::Vector2d(-2, 1));
  normalizer.update(moments);
  return normalizer;
}

}  // namespace

TEST_CASE("deterministic episodes are those of the mode, played by hand") {
  const auto policy = make_policy();
  const Normalizer normalizer = seen();
  Context context({.threads = 2});
  for (const Normalizer* used : {static_cast<const Normalizer*>(nullptr), &normalizer}) {
    const Evaluation result = evaluate(Walk({.bound = 0.9}), policy, used, context,
                                       {.episodes = 6, .deterministic = true, .seed = 8, .gamma = 0.5});
    REQUIRE(result.returns.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
      Rng rng(8, StreamPurpose::evaluation, i);
      double x = rng.uniform(-1, 1);
      double sum = 0, discounted = 0, discount = 1;
      Index n = 0;
      do {
        Matrix<double> shown(2, 1), action(1, 1);
        shown << x, static_cast<double>(n);
        if (used != nullptr) used->apply(Vector<double>(shown.col(0)), shown.col(0));
        if (n == 0) CHECK((result.first_observations.col(static_cast<Index>(i)) - shown).norm() < 1e-14);
        policy.mode(shown, action, context, 0);
        x += 0.3 * std::clamp(action(0, 0), -1.0, 2.0);
        ++n;
        const double reward = x + 0.1 * static_cast<double>(n);
        sum += reward;
        discounted += discount * reward;
        discount *= 0.5;
      } while (std::abs(x) <= 0.9 && n < 7);
      CHECK(result.lengths[i] == n);
      CHECK(result.returns[i] == Approx(sum).epsilon(1e-12));
      CHECK(result.discounted_returns[i] == Approx(discounted).epsilon(1e-12));
    }
  }
}

TEST_CASE("evaluation depends on its seed, neither on threads nor on the number of episodes") {
  const auto policy = make_policy();
  std::vector<double> first;
  for (const Index threads : {1, 3}) {
    Context context({.threads = threads});
    const Rng before = context.rng();
    const Evaluation result = evaluate(Walk(), policy, nullptr, context, {.episodes = 9});
    CHECK(context.rng() == before);
    if (threads == 1) first = result.returns;
    CHECK(result.returns == first);
    CHECK(evaluate(Walk(), policy, nullptr, context, {.episodes = 9, .seed = 2}).returns != first);
    CHECK(evaluate(Walk(), policy, nullptr, context, {.episodes = 4}).returns ==
          std::vector<double>(first.begin(), first.begin() + 4));
    CHECK(evaluate(Walk(), policy, nullptr, context, {.episodes = 9, .deterministic = true}).returns != first);
  }
}

TEST_CASE("evaluation does not replay training's starts") {
  const auto policy = make_policy();
  Context context({.seed = 1});
  VectorEnvironment<Walk> training(Walk(), {.count = 20, .seed = 1});
  const Evaluation result = evaluate(Walk(), policy, nullptr, context, {.episodes = 20, .seed = 1});
  std::set<double> starts{context.rng().uniform(-1, 1), Rng(1).uniform(-1, 1)};
  for (Index i = 0; i < 20; ++i) {
    starts.insert(training.observation(i)[0]);
    starts.insert(result.first_observations(0, i));
  }
  CHECK(starts.size() == 42);
}

TEST_CASE("an evaluation that would not end or begin is refused") {
  const auto policy = make_policy();
  Context context;
  CHECK_THROWS_AS(evaluate(Walk(), policy, nullptr, context, {.episodes = 0}), std::invalid_argument);
  CHECK_THROWS_AS(evaluate(Walk(), policy, nullptr, context, {.max_episode_steps = 0}), std::invalid_argument);
  CHECK_THROWS_AS(evaluate(Walk({.limit = 0}), policy, nullptr, context), std::invalid_argument);
  CHECK(evaluate(Walk({.limit = 0}), policy, nullptr, context, {.episodes = 1, .max_episode_steps = 3}).lengths[0] ==
        3);
}

TEST_CASE("what does not fit the task is refused, in every build") {
  Context context;
  Rng rng(1);
  const auto with = [&](const auto& policy, const Normalizer* normalizer, std::optional<double> gamma = {}) {
    return evaluate(Walk(), policy, normalizer, context, {.gamma = gamma}).returns.size();
  };
  const Normalizer three(3);
  CHECK_THROWS_WITH(with(GaussianPolicy<double>(2, 3, {}, rng), nullptr),
                    Catch::Matchers::Contains("evaluate: expected a policy for 2 observations and 1 actions of walk"));
  CHECK_THROWS_AS(with(GaussianPolicy<double>(5, 1, {}, rng), nullptr), std::invalid_argument);
  CHECK_THROWS_AS(with(CategoricalPolicy<double>(2, 3, {}, rng), nullptr), std::invalid_argument);
  CHECK_THROWS_WITH(with(make_policy(), &three), "evaluate: expected a normaliser of the task's observations, got 3");
  CHECK_THROWS_AS(with(make_policy(), nullptr, 1.5), std::invalid_argument);
  CHECK(with(make_policy(), nullptr, 1) == 10);
}

TEST_CASE("in the worlds of a source evaluation takes over what the source says") {
  Context context;
  Rng rng(1);
  const GaussianPolicy<double> policy(Pendulum().spec(), {.initialization = {.output_gain = 3}}, rng);
  const VectorEnvironment<Pendulum> worlds(
      Pendulum(), {.count = 3, .action_map = ActionMap::clip_and_rescale, .max_episode_steps = 40});
  Batch<double> batch;
  for (const bool normalize : {true, false}) {
    Collector<Pendulum> source(worlds, {.steps = 50, .normalize_observations = normalize, .gamma = 0.5});
    source.collect(policy, context, batch);
    const Evaluation result = evaluate(source, policy, context, {.episodes = 4, .seed = 7});
    const Normalizer* const normalizer = normalize ? &source.normalizer() : nullptr;
    const Evaluation by_hand = evaluate(
        Pendulum(), policy, normalizer, context,
        {.episodes = 4, .seed = 7, .action_map = ActionMap::clip_and_rescale, .max_episode_steps = 40, .gamma = 0.5});
    CHECK(result.returns == by_hand.returns);
    CHECK(result.discounted_returns == by_hand.discounted_returns);
    CHECK(result.lengths == std::vector<Index>(4, 40));
    CHECK(result.first_observations == by_hand.first_observations);
    // what the options say goes before
    const Evaluation other =
        evaluate(source, policy, context,
                 {.episodes = 4, .seed = 7, .action_map = ActionMap::clip, .max_episode_steps = 9, .gamma = 1});
    CHECK(other.lengths == std::vector<Index>(4, 9));
    CHECK(other.discounted_returns == other.returns);
  }
  PopulationEvaluator<Pendulum> population(Pendulum(), {.action_map = ActionMap::none, .max_episode_steps = 5});
  const Evaluation raw = evaluate(population, policy, context, {.episodes = 2});
  CHECK(raw.returns == evaluate(Pendulum(), policy, nullptr, context,
                                {.episodes = 2, .action_map = ActionMap::none, .max_episode_steps = 5})
                           .returns);
}

TEST_CASE("an evaluation that keeps its steps has each observation beside the action taken on it") {
  const auto policy = make_policy();
  const Normalizer normalizer = seen();
  for (const Index threads : {1, 3}) {
    Context context({.threads = threads});
    EvaluationOptions options{.episodes = 4, .seed = 8, .action_map = ActionMap::clip_and_rescale};
    CHECK(evaluate(Walk({.bound = 0.9}), policy, &normalizer, context, options).steps.size() == 0);
    options.keep_steps = true;
    const Evaluation result = evaluate(Walk({.bound = 0.9}), policy, &normalizer, context, options);
    Index step = 0;
    for (std::size_t episode = 0; episode < 4; ++episode) {
      double sum = 0;
      for (Index n = 0; n < result.lengths[episode]; ++n, ++step) {
        CHECK(result.steps.observations(1, step) == static_cast<double>(n));
        // the walk tells its next place
        const double next = result.steps.observations(0, step) + 0.3 * result.steps.actions(0, step);
        if (n + 1 < result.lengths[episode]) CHECK(result.steps.observations(0, step + 1) == Approx(next));
        sum += next + 0.1 * static_cast<double>(n + 1);
      }
      CHECK(sum == Approx(result.returns[episode]));
    }
    CHECK(result.steps.size() == step);
    CHECK(result.steps.actions.cols() == step);
  }
}

TEST_CASE("steps that broke the simulation are not kept") {
  const auto policy = make_policy();
  Context context;
  const Evaluation result =
      evaluate(Walk({.fault_above = 0.3}), policy, nullptr, context, {.episodes = 20, .seed = 8, .keep_steps = true});
  Index steps = 0, faults = 0;
  for (std::size_t i = 0; i < 20; ++i) steps += result.lengths[i];
  for (const double reward : result.returns) faults += reward < -50 ? 1 : 0;
  CHECK(faults > 0);
  CHECK(result.steps.size() == steps - faults);
  CHECK(result.steps.actions.cols() == steps - faults);
}
