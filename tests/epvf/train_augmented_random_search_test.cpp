// SPDX-License-Identifier: MIT
#include "vantage/epvf/train_augmented_random_search.hpp"

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/policy/deterministic_policy.hpp"
#include "vantage/rollout/population_evaluator.hpp"
#include "vantage/tabular/linear_quadratic_environment.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/periodic_evaluation.hpp"

using namespace vantage;

namespace {

using Policy = DeterministicPolicy<double>;
using World = LinearQuadraticEnvironment;

constexpr Index kSteps = 40;

// its noise alone moves it, so that all of an episode is like the rest of it: the best gain is that of no discount
LinearQuadratic stationary_world() {
  const Matrix<double> identity = Matrix<double>::Identity(3, 3);
  return {.transition = Matrix<double>{{0.9, 0.2, 0}, {0, 0.8, 0.2}, {0, 0, 0.9}},
          .control = Matrix<double>{{0.5, 0}, {0, 0.5}, {0.1, 0.4}},
          .state_cost = identity,
          .control_cost = 0.3 * Matrix<double>::Identity(2, 2),
          .noise = identity,
          .start = 0 * identity,
          .gamma = 1 - 1e-9};
}

struct Setup {
  AugmentedRandomSearchOptions search = {};
  Index threads = 1;
  bool normalize = false;
  std::uint64_t seed = 1;
};

struct Learner {
  Context context;
  PopulationEvaluator<World> source;
  RandomSearchAgent<Policy> agent;
  TrainingProgress progress;

  explicit Learner(const Setup& setup)
      : context({.seed = setup.seed, .threads = setup.threads}),
        source(World(stationary_world(), kSteps),
               {.seed = setup.seed, .action_map = ActionMap::none, .normalize_observations = setup.normalize}),
        agent{Policy(source.spec(), {.hidden = {}, .squash = Squash::none, .initialization = {.output_gain = 0}},
                     context.rng()),
              AugmentedRandomSearch<double>(setup.search)} {}

  template <class... Observers>
  StopReason run(std::int64_t iterations, Observers&&... observers) {
    const std::int64_t steps = progress.env_steps + iterations * 2 * agent.search.options().directions * kSteps;
    return train_augmented_random_search(source, agent, context, {.steps = steps}, progress, observers...);
  }

  // the gain as the world sees it, through the normaliser where there is one
  [[nodiscard]] Matrix<double> gain() const {
    Matrix<double> result = agent.policy.parameters().head(6).reshaped(2, 3);
    if (const Normalizer* seen = source.observation_normalizer()) {
      for (Index i = 0; i < 3; ++i) {
        result.col(i) /= std::sqrt(seen->moments().variance(i) + seen->options().epsilon);
      }
    }
    return result;
  }
};

}  // namespace

TEST_CASE("random search comes to the best gain of a linear-quadratic world, in all its published forms") {
  const LinearQuadratic problem = stationary_world();
  const Matrix<double> best = iterate_gain(problem, Matrix<double>::Zero(2, 3)).gain;
  const auto cost_of = [&](const Matrix<double>& gain) {
    const auto [loop, spread, cost] = detail::close_loop(problem, {gain, Vector<double>::Constant(2, -1e3)});
    return trace_of_product(solve_lyapunov("cost", loop, cost), problem.noise);
  };
  const double none = cost_of(Matrix<double>::Zero(2, 3)), least = cost_of(best);
  REQUIRE(none > 4 * least);
  for (const bool normalize : {false, true}) {
    for (const Index top : {0, 8}) {
      Setup setup{.normalize = normalize};
      setup.search = {
          .directions = 16, .top_directions = top, .step_size = Schedule::geometric(0.3, 2e-3), .noise = 0.2};
      Learner learner(setup);
      CHECK(learner.run(100) == StopReason::finished);
      CHECK(learner.progress.iterations == 100);
      INFO("normalised " << normalize << ", top " << top << "\n" << learner.gain() << "\nbest\n" << best);
      // the moments of what the first policies saw stay in the normaliser, and there is no bias to make up for them
      CHECK((cost_of(learner.gain()) - least) / (none - least) < (normalize ? 0.05 : 0.005));
      if (!normalize) CHECK((learner.gain() - best).norm() < 0.15 * best.norm());
    }
  }
}

TEST_CASE("random search's numbers do not depend on the threads, and it goes on from a checkpoint bit for bit") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "checkpoint.safetensors";
  Setup setup{.normalize = true};
  setup.search = {.directions = 6, .top_directions = 3};
  Learner whole(setup), first(setup);
  whole.run(7);
  first.run(4);
  save_checkpoint(path, first.source, first.agent, first.context, first.progress);
  for (const Index threads : {1, 2, 3}) {
    setup.threads = threads;
    Learner threaded(setup), resumed(setup);
    threaded.run(7);
    CHECK(threaded.agent.policy.parameters() == whole.agent.policy.parameters());
    load_checkpoint(path, resumed.source, resumed.agent, resumed.context, resumed.progress);
    resumed.run(3);
    CHECK(resumed.agent.policy.parameters() == whole.agent.policy.parameters());
    CHECK(resumed.context.rng() == whole.context.rng());
    CHECK(resumed.progress.env_steps == whole.progress.env_steps);
  }
}

TEST_CASE("observers of a random search see what was played and found") {
  Setup setup;
  setup.search = {.directions = 5, .survival_bonus = 2};
  Learner learner(setup);
  PeriodicEvaluation<World, Policy> evaluation(2, learner.source, learner.context);
  std::int64_t iterations = 0;
  const auto look = [&](const IterationReport& report, const RandomSearchAgent<Policy>& agent) {
    ++iterations;
    CHECK(report.episodes.returns.size() == 10);
    CHECK(report.mean_length == kSteps);
    CHECK(report.progress.env_steps == 400 * iterations);
    // reports keep the bonus
    CHECK(agent.search.last().mean_return == Approx(report.mean_return - 2 * kSteps).epsilon(1e-12));
    CHECK(report.policy.gradient_norm > 0);
    CHECK(report.policy.learning_rate == 0.02);
    return iterations == 4 ? Signal::stop : Signal::proceed;
  };
  CHECK(learner.run(6, evaluation, look) == StopReason::observer);
  CHECK(iterations == 4);
  CHECK(evaluation.best_iteration() > 0);
}

TEST_CASE("a random search that diverges ends with the last finite policy") {
  Learner learner(Setup{});
  Vector<double> last;
  const auto remember = [&](const IterationReport&, const RandomSearchAgent<Policy>& agent) {
    last = agent.policy.parameters();
  };
  int calls = 0;
  auto broken = [&](const Policy& policy, MatrixRef<double> thetas, Context& context, EpisodeStatistics& episodes) {
    learner.source(policy, thetas, context, episodes);
    if (++calls == 3) episodes.returns[5] = std::nan("");
  };
  CHECK(train_augmented_random_search(broken, learner.agent, learner.context, {}, learner.progress, remember) ==
        StopReason::diverged);
  CHECK(calls == 3);
  CHECK(learner.agent.policy.parameters() == last);
  REQUIRE(learner.progress.divergence);
  CHECK(learner.progress.divergence->what == "policy gradient");
  CHECK_THROWS_AS(
      train_augmented_random_search(learner.source, learner.agent, learner.context, {.steps = -1}, learner.progress),
      std::invalid_argument);
}
