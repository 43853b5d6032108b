// SPDX-License-Identifier: MIT
#include "vantage/epvf/evolution_strategies.hpp"

#include "catch.hpp"
#include "epvf/search_learner.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/periodic_evaluation.hpp"

using namespace vantage;
using vantage::testing::SearchLearner;
using vantage::testing::SearchSetup;

namespace {

using Strategies = EvolutionStrategies<double>;
using Learner = SearchLearner<Strategies>;

struct Point {
  using Scalar = double;
  Vector<double> theta;
  Vector<double>& parameters() { return theta; }
};

Learner learner_of(const SearchSetup& setup, const EvolutionStrategiesOptions& options = {}) {
  return {Strategies(options), setup};
}

}  // namespace

TEST_CASE("a step of evolution strategies is that of the published estimate on centred ranks") {
  // the estimate 1 / (n sigma) sum_i u_i eps_i of the paper, with u the ranks by hand
  Context context;
  const double sigma = 0.5;
  const Perturbation<double> noise({.shape = NoiseShape::gaussian, .scaling = NoiseScaling::additive, .scale = sigma});
  PolicyArchive<double> archive(2, {.population = 5});
  const Vector<double> centre{{1, -2}};
  const Matrix<double> eps{{0.3, -1, 2, 0, 0.5}, {1, 0.2, -0.4, -3, 1}};
  const Vector<double> returns{{10, -5, 1000, 3, 4}};
  const Vector<double> utilities{{0.25, -0.5, 0.5, -0.25, 0}};
  archive.add_population([&](auto&& policies) {
    policies = ((sigma * eps).colwise() + centre).template cast<typename std::decay_t<decltype(policies)>::Scalar>();
    return returns;
  });
  const Vector<double> expected = eps * utilities / (5 * sigma);
  Point point{centre};
  Strategies update({.optimizer = SgdOptions{.learning_rate = 0.1}});
  PolicyReport report = update(point, archive, noise, {.bound = 0}, context, 0.5);
  CHECK((point.theta - centre - 0.05 * expected).norm() < 1e-14);
  CHECK(report.gradient_norm == Approx(expected.norm()));
  CHECK(report.learning_rate == 0.05);
  CHECK(report.epochs == 1);

  // with returns as they are it is their mean that is taken off, which changes nothing on average
  point.theta = centre;
  Strategies plain({.return_transform = ReturnScale::none, .optimizer = SgdOptions{.learning_rate = 0.1}});
  plain(point, archive, noise, {.bound = 0}, context);
  const Vector<double> centred = returns.array() - returns.mean();
  CHECK((point.theta - centre - 0.1 * eps * centred / (5 * sigma)).norm() < 1e-12);

  // clipped gradients and weights
  point.theta = centre;
  Strategies clipped({.optimizer = SgdOptions{.learning_rate = 1}, .max_gradient_norm = 0.01});
  report = clipped(point, archive, noise, {.bound = 1.5}, context);
  CHECK(report.gradient_norm == Approx(expected.norm()));
  CHECK(std::abs(point.theta[0] - 1) <= 0.01);
  CHECK(point.theta[1] == -1.5);
  CHECK(report.ascent.boundary_share == 0.5);
}

TEST_CASE("evolution strategies come to the best gain of a linear-quadratic world") {
  const Matrix<double> best = iterate_gain(testing::stationary_world(), Matrix<double>::Zero(2, 3)).gain;
  const double none = testing::stationary_cost(Matrix<double>::Zero(2, 3)), least = testing::stationary_cost(best);
  // costs have a long tail, which the logarithm leaves more of
  for (const ReturnScale scale : {ReturnScale::rank, ReturnScale::log}) {
    SearchSetup setup{.biases = true};
    setup.perturbation.scale = 0.2;
    setup.options.policy_rate_factor = Schedule::geometric(1, 0.01);
    Learner learner = learner_of(setup, {.return_transform = scale, .optimizer = AdamOptions{.learning_rate = 0.05}});
    CHECK(learner.run(150) == StopReason::finished);
    INFO(kReturnScaleNames[static_cast<std::size_t>(scale)] << '\n' << learner.gain() << "\nbest\n" << best);
    CHECK((testing::stationary_cost(learner.gain()) - least) / (none - least) <
          (scale == ReturnScale::rank ? 0.01 : 0.03));
  }
}

TEST_CASE("evolution strategies do not depend on the threads, and go on from a checkpoint bit for bit") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "checkpoint.safetensors";
  SearchSetup setup{.archive = {.population = 300}, .normalize = true};
  setup.options.policy_rate_factor = Schedule::geometric(1, 1);
  Learner whole = learner_of(setup), first = learner_of(setup);
  whole.run(7);
  first.run(4);
  save_checkpoint(path, first.source, first.agent, first.context, first.progress);
  for (const Index threads : {1, 2, 3}) {
    setup.threads = threads;
    Learner threaded = learner_of(setup), resumed = learner_of(setup);
    threaded.run(7);
    CHECK(threaded.agent.policy.parameters() == whole.agent.policy.parameters());
    load_checkpoint(path, resumed.source, resumed.agent, resumed.context, resumed.progress);
    resumed.run(3);
    CHECK(resumed.agent.policy.parameters() == whole.agent.policy.parameters());
    CHECK(resumed.context.rng() == whole.context.rng());
    CHECK(resumed.progress.env_steps == whole.progress.env_steps);
  }
}

TEST_CASE("observers of evolution strategies see what was played; the survival bonus is not learned") {
  SearchSetup setup{.archive = {.population = 10}};
  setup.options.survival_bonus = 2;
  Learner learner = learner_of(setup);
  PeriodicEvaluation<Learner::World, Learner::Policy> evaluation(2, learner.source, learner.context);
  std::int64_t iterations = 0;
  const auto look = [&](const IterationReport& report, const Learner::Agent& agent) {
    ++iterations;
    CHECK(report.episodes.returns.size() == 10);
    CHECK(report.mean_length == testing::kSearchSteps);
    CHECK(report.progress.env_steps == 400 * iterations);
    // reports keep the bonus
    CHECK(agent.archive.returns().mean() == Approx(report.mean_return - 2 * testing::kSearchSteps).epsilon(1e-12));
    CHECK(report.policy.gradient_norm > 0);
    CHECK(report.policy.learning_rate == 3e-4);
    CHECK(report.policy.ascent.predicted_return == 0);
    CHECK(report.policy.ascent.noise_share > 0);
    CHECK(report.value.steps == 0);
    return iterations == 4 ? Signal::stop : Signal::proceed;
  };
  CHECK(learner.run(6, evaluation, look) == StopReason::observer);
  CHECK(iterations == 4);
  CHECK(evaluation.best_iteration() > 0);
}

TEST_CASE("evolution strategies that diverge end with the last finite policy") {
  Learner learner = learner_of({});
  Vector<double> last;
  const auto remember = [&](const IterationReport&, const Learner::Agent& agent) { last = agent.policy.parameters(); };
  int calls = 0;
  auto broken = [&](const Learner::Policy& policy, auto&& thetas, Context& context, EpisodeStatistics& episodes) {
    learner.source(policy, thetas, context, episodes);
    if (++calls == 3) episodes.returns[5] = std::nan("");
  };
  CHECK(train_epvf(broken, learner.agent, learner.context, {}, learner.progress, remember) == StopReason::diverged);
  CHECK(calls == 3);
  CHECK(learner.agent.policy.parameters() == last);
  REQUIRE(learner.progress.divergence);
  CHECK(learner.progress.divergence->what == "policy gradient");
}

TEST_CASE("impossible evolution strategies are refused") {
  CHECK_THROWS_AS(Strategies({.max_gradient_norm = -1}), std::invalid_argument);
  Context context;
  Point point{Vector<double>::Zero(4)};
  Strategies update;
  PolicyArchive<double> none(4, {.population = 8});
  CHECK_THROWS_AS(update(point, none, Perturbation<double>(), {.bound = 0}, context), std::invalid_argument);
}
