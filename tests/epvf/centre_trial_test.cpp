// SPDX-License-Identifier: MIT
#include "vantage/epvf/centre_trial.hpp"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "catch.hpp"
#include "epvf/learner.hpp"
#include "epvf/pendulum_setup.hpp"
#include "epvf/search_learner.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/epvf/augmented_random_search.hpp"
#include "vantage/epvf/evolution_strategies.hpp"
#include "vantage/train/checkpoint.hpp"

using namespace vantage;
using vantage::testing::EpvfLearner;
using vantage::testing::EpvfSetup;
using vantage::testing::pendulum_setup;
using vantage::testing::SearchLearner;
using vantage::testing::SearchSetup;
using vantage::testing::short_pendulum;

namespace {

// what u = K s + b returns in the linear-quadratic world in the mean over its noise, step by step: with b = 0
// S' = (A + B K) S (A + B K)' + W from S = 0, and -tr((Q + K' R K) S) a step
double exact_return(const Vector<double>& theta) {
  const LinearQuadratic world = testing::stationary_world();
  const Matrix<double> gain = theta.head(6).reshaped(2, 3);
  const Matrix<double> loop = world.transition + world.control * gain;
  const Matrix<double> cost = world.state_cost + gain.transpose() * world.control_cost * gain;
  Matrix<double> spread = world.start;
  double sum = 0;
  for (Index t = 0; t < testing::kSearchSteps; ++t) {
    sum -= (cost * spread).trace();
    spread = loop * spread * loop.transpose() + world.noise;
  }
  return sum;
}

// that world, without its luck
struct ExactSource {
  Index aside = 0;  // episodes that were played beside the populations

  void operator()(const auto&, auto&& thetas, Context&, EpisodeStatistics& episodes) const {
    const Matrix<double> full = thetas.template cast<double>();
    episodes.returns.clear();
    for (Index i = 0; i < full.cols(); ++i) episodes.returns.push_back(exact_return(full.col(i)));
    episodes.lengths.assign(episodes.returns.size(), testing::kSearchSteps);
  }
  void play_aside(const auto& policy, Index count, Context&, EpisodeStatistics& episodes) {
    episodes.returns.assign(static_cast<std::size_t>(count), exact_return(policy.parameters()));
    episodes.lengths.assign(static_cast<std::size_t>(count), testing::kSearchSteps);
    aside += count;
  }
};

using Strategies = EvolutionStrategies<double>;

EvolutionStrategiesOptions momentum() { return {.optimizer = SgdOptions{.learning_rate = 1, .momentum = 0.9}}; }

// of the optimiser
template <class Learner>
std::string state_of(Learner& learner) {
  const TemporaryFolder folder;
  save_state(folder.path() / "state", learner.agent.policy_update);
  std::ifstream file(folder.path() / "state", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

double deviation_of(const auto& returns) {
  const Vector<double> all = returns.template cast<double>();
  return std::sqrt((all.array() - all.mean()).square().mean());
}

// a policy of one number x, and a world that returns min(x, 2.5 - x)
struct Point {
  using Scalar = double;
  Vector<double> theta = Vector<double>::Zero(1);
  Vector<double>& parameters() { return theta; }
  [[nodiscard]] const Vector<double>& parameters() const { return theta; }
};

struct Tent {
  int plays = 0;
  void play_aside(const Point& policy, Index count, Context&, EpisodeStatistics& episodes) {
    ++plays;
    const double height = std::min(policy.theta[0], 2.5 - policy.theta[0]);
    episodes.returns.clear();
    episodes.lengths.clear();
    // luck that does not depend on the policy, and lengths of 1, 2, ..
    for (Index i = 0; i < count; ++i) {
      episodes.returns.push_back(height + 100 * static_cast<double>(i * i));
      episodes.lengths.push_back(i + 1);
    }
  }
};

// V(theta) = theta
struct Upwards {
  void predict(ConstMatrixRef<double> thetas, Context&, VectorRef<double> values) const { values = thetas.row(0); }
  double input_gradient(ConstVectorRef<double> theta, Context&, VectorRef<double> gradient) const {
    gradient[0] = 1;
    return theta[0];
  }
};

using Climber = EpvfAgent<Point, Upwards>;

// four steps of 1
Climber climber() {
  return {Point{},
          {},
          PolicyArchive<double>(1, {.population = 2}),
          Perturbation<double>({.scaling = NoiseScaling::additive, .scale = 1}),
          WeightClip{.bound = 0},
          ValueRegression<double>(),
          PolicyAscent<double>({.steps = 4, .optimizer = SgdOptions{.learning_rate = 1}})};
}

struct Outcome {
  PolicyReport report;
  double theta = 0;
  int plays = 0;
};

// returns of -2 and 2: a deviation of 2
Outcome climb(const CentreTrialOptions& options, const EpvfOptions& training = {}) {
  Climber agent = climber();
  Context context;
  Tent world;
  CentreTrial<Point, PolicyAscent<double>> trial(options);
  const Point before = agent.policy;
  trial.begin(world, agent.policy, agent.policy_update, Vector<float>{{-2, 2}}, context);
  Outcome outcome;
  outcome.report = step_centre(agent, before, context, training,
                               [&] { return trial.proceed(world, agent.policy, agent.policy_update, context); });
  trial.end(agent.policy, agent.policy_update, outcome.report);
  outcome.theta = agent.policy.theta[0];
  outcome.plays = world.plays;
  return outcome;
}

}  // namespace

TEST_CASE(
    "a centre that returns more is kept, one that returns less by more than the bound is seen, stopped, taken back") {
  // 1, 2, 3, 4 return 1, 0.5, -0.5, -1.5: falls of -0.5, -0.25, 0.25 and 0.75 deviations
  const Outcome free = climb({});
  CHECK(free.plays == 0);
  CHECK(free.theta == 4);
  CHECK_FALSE(free.report.violated);
  CHECK(std::isnan(free.report.ascent.centre_return));
  CHECK(std::isnan(free.report.ascent.centre_drop));

  const double luck = 100 * (0 + 1 + 4) / 3.0;
  const Outcome seen = climb({.max_drop = 0.2, .episodes = 3});
  CHECK(seen.plays == 5);
  CHECK(seen.theta == 4);
  CHECK(seen.report.violated);
  CHECK_FALSE(seen.report.stopped);
  CHECK_FALSE(seen.report.reverted);
  CHECK(seen.report.epochs == 4);
  CHECK(seen.report.ascent.centre_return == Approx(luck - 1.5));
  CHECK(seen.report.ascent.centre_drop == Approx(0.75));

  const Outcome stopped = climb({.max_drop = 0.2, .episodes = 3, .on_violation = OnViolation::stop});
  CHECK(stopped.plays == 4);
  CHECK(stopped.theta == 3);
  CHECK(stopped.report.stopped);
  CHECK_FALSE(stopped.report.reverted);
  CHECK(stopped.report.epochs == 3);
  CHECK(stopped.report.ascent.centre_drop == Approx(0.25));

  // to where the step before it led
  const Outcome reverted = climb({.max_drop = 0.2, .episodes = 3, .on_violation = OnViolation::revert});
  CHECK(reverted.theta == 2);
  CHECK(reverted.report.reverted);
  CHECK(reverted.report.epochs == 3);
  CHECK(reverted.report.ascent.centre_drop == Approx(0.25));

  // a fall as large as the bound is inside; the next one is not
  const Outcome wider = climb({.max_drop = 0.26, .episodes = 3, .on_violation = OnViolation::revert});
  CHECK(wider.theta == 3);
  CHECK(wider.report.epochs == 4);
  CHECK_FALSE(climb({.max_drop = 0.76, .episodes = 3, .on_violation = OnViolation::revert}).report.violated);
}

TEST_CASE("steps that are brought to one length are judged as one") {
  // the noise has a deviation of sqrt(1/3): to 2.2, which returns 0.3, to 3 and to 3.5, which return less than 0
  for (const double end : {2.2, 3.0, 3.5}) {
    const Outcome outcome = climb({.max_drop = 0.3, .episodes = 1, .on_violation = OnViolation::revert},
                                  {.policy_step_size = end * std::sqrt(3.0)});
    INFO(end);
    CHECK(outcome.plays == 2);
    CHECK(outcome.report.epochs == 4);
    CHECK(outcome.report.ascent.centre_return == Approx(2.5 - end));
    CHECK(outcome.report.ascent.centre_drop == Approx((end - 2.5) / 2));
    CHECK(outcome.report.reverted == (end > 3.2));
    CHECK(outcome.theta == Approx(end > 3.2 ? 0 : end));
  }
}

TEST_CASE("the survival bonus is taken off the centre's return; numbers that are none are too far") {
  CentreTrial<Point, PolicyAscent<double>> trial({.max_drop = 1, .episodes = 3}, 0.5);
  Tent world;
  Context context;
  Point point;
  PolicyAscent<double> ascent;
  trial.begin(world, point, ascent, Vector<double>{{-1, 1}}, context);
  CHECK(trial.proceed(world, point, ascent, context));
  PolicyReport report;
  trial.end(point, ascent, report);
  // lengths of 1, 2, 3
  CHECK(report.ascent.centre_return == Approx(500 / 3.0 - 1));
  CHECK(report.ascent.centre_drop == 0);
  CHECK_FALSE(report.violated);
  const int plays = world.plays;
  point.theta[0] = std::nan("");
  CHECK(trial.proceed(world, point, ascent, context));
  trial.end(point, ascent, report);
  CHECK(world.plays == plays);
  CHECK(report.violated);
  CHECK(std::isnan(report.ascent.centre_drop));
  // what a step was is not forgotten for the next one
  point.theta[0] = 0;
  CHECK(trial.proceed(world, point, ascent, context));
  trial.end(point, ascent, report);
  CHECK(report.violated);
  CHECK(report.ascent.centre_drop == 0);
}

TEST_CASE("where all returns are the same, any fall is too far and none is not") {
  CentreTrial<Point, PolicyAscent<double>> trial({.max_drop = 5, .episodes = 1});
  Tent world;
  Context context;
  Point point;
  PolicyAscent<double> ascent;
  PolicyReport report;
  for (const double end : {0.0, 0.5, -1e-6}) {
    point.theta[0] = 0;
    trial.begin(world, point, ascent, Vector<double>{{3, 3}}, context);
    point.theta[0] = end;
    trial.proceed(world, point, ascent, context);
    trial.end(point, ascent, report);
    CHECK(report.violated == (end < 0));
  }
}

TEST_CASE(
    "on a linear-quadratic world in closed form: what worsens the centre is taken back to the bit, momentum too") {
  EpvfOptions options{.centre_trial = {.max_drop = 0.5, .episodes = 2, .on_violation = OnViolation::revert}};
  // a rate that climbs, then one that goes beyond all bounds
  SearchSetup setup{.options = options};
  SearchLearner<Strategies> learner(Strategies(momentum()), setup);
  ExactSource source;
  int kept = 0, reverted = 0;
  Vector<double> centre = learner.agent.policy.parameters();
  std::string state = state_of(learner);
  const auto run = [&](double rate) {
    learner.options.steps = learner.progress.env_steps + 1;
    learner.options.policy_rate_factor = rate;
    train_epvf(source, learner.agent, learner.context, learner.options, learner.progress,
               [&](const IterationReport& report, const auto& agent) {
                 const AscentReport& ascent = report.policy.ascent;
                 const double spread = deviation_of(agent.archive.returns());
                 const double drop = (exact_return(centre) - ascent.centre_return) / spread;
                 CHECK(ascent.centre_drop == Approx(drop).margin(1e-9));
                 CHECK(report.policy.violated == (drop > 0.5));
                 CHECK(report.policy.reverted == report.policy.violated);
                 CHECK(report.progress.env_steps == report.iteration * 32 * testing::kSearchSteps);
                 if (report.policy.reverted) {
                   ++reverted;
                   CHECK(agent.policy.parameters() == centre);
                   CHECK((state_of(learner) == state));
                 } else {
                   ++kept;
                   CHECK(ascent.centre_return == exact_return(agent.policy.parameters()));
                   CHECK(agent.policy.parameters() != centre);
                   CHECK((state_of(learner) != state));
                 }
                 centre = agent.policy.parameters();
                 state = state_of(learner);
               });
  };
  for (int i = 0; i < 3; ++i) run(1e-2);
  CHECK(kept == 3);
  for (int i = 0; i < 2; ++i) run(100);
  CHECK(reverted == 2);
  // and climbs on from there
  const double low = exact_return(centre);
  for (int i = 0; i < 3; ++i) run(1e-2);
  CHECK(kept == 6);
  CHECK(exact_return(centre) > low);
  // with the centre as it was and as it is
  CHECK(source.aside == 8 * 2 * 2);
}

TEST_CASE("the random search has its steps taken back too, and EPVF's value stays as it has learned") {
  SearchSetup setup{.options = {.centre_trial = {.max_drop = 0.5, .on_violation = OnViolation::revert}}};
  SearchLearner<AugmentedRandomSearch<double>> search(AugmentedRandomSearch<double>({.step_size = 1e3}), setup);
  const Vector<double> start = search.agent.policy.parameters();
  search.run(1, [&](const IterationReport& report) { CHECK(report.policy.reverted); });
  CHECK(search.agent.policy.parameters() == start);

  EpvfSetup epvf;
  epvf.perturbation = {.scaling = NoiseScaling::additive, .scale = 0.1};
  epvf.weight_clip = {.bound = 0};
  epvf.policy_update = {.steps = 3, .optimizer = AdamOptions{.learning_rate = 100}};
  epvf.options.centre_trial = {.max_drop = 0.5, .on_violation = OnViolation::revert};
  EpvfLearner<double, LinearQuadraticEnvironment> learner(
      LinearQuadraticEnvironment(testing::stationary_world(), testing::kSearchSteps), epvf);
  const Vector<double> centre = learner.agent.policy.parameters(), value = learner.agent.value.parameters();
  const std::string state = state_of(learner);
  learner.run(1, [&](const IterationReport& report) {
    CHECK(report.policy.reverted);
    CHECK(report.policy.epochs == 1);
  });
  CHECK(learner.agent.policy.parameters() == centre);
  CHECK((state_of(learner) == state));
  CHECK(learner.agent.value.parameters() != value);
}

namespace {

EpvfSetup trial_setup() {
  EpvfSetup setup = pendulum_setup();
  setup.archive = {.population = 12, .generations = 2};
  setup.policy_update = {.steps = 3, .optimizer = AdamOptions{.learning_rate = 0.05}};
  return setup;
}

// bit for bit
void check_same(EpvfLearner<float, Pendulum>& a, EpvfLearner<float, Pendulum>& b) {
  CHECK(a.agent.policy.parameters() == b.agent.policy.parameters());
  CHECK(a.agent.value.parameters() == b.agent.value.parameters());
  CHECK((state_of(a) == state_of(b)));
  CHECK(a.context.rng() == b.context.rng());
  CHECK(a.source.episode_count() == b.source.episode_count());
  CHECK(a.source.normalizer().moments().mean() == b.source.normalizer().moments().mean());
  CHECK(a.progress.env_steps == b.progress.env_steps);
  CHECK(a.progress.recent_returns == b.progress.recent_returns);
}

}  // namespace

TEST_CASE("to observe the centre changes nothing") {
  EpvfSetup setup = trial_setup();
  EpvfLearner<float, Pendulum> plain(short_pendulum(), setup);
  plain.run(6, [](const IterationReport& report) { CHECK(std::isnan(report.policy.ascent.centre_drop)); });
  setup.options.centre_trial = {.max_drop = 0, .episodes = 4};
  EpvfLearner<float, Pendulum> observed(short_pendulum(), setup);
  int violations = 0;
  observed.run(6, [&](const IterationReport& report) {
    violations += report.policy.violated ? 1 : 0;
    CHECK_FALSE(report.policy.stopped);
    CHECK_FALSE(report.policy.reverted);
    CHECK(std::isfinite(report.policy.ascent.centre_return));
  });
  CHECK(violations > 0);
  check_same(observed, plain);
}

TEST_CASE("a run with reverts is the same for any number of threads, and goes on from a checkpoint bit for bit") {
  const TemporaryFolder folder;
  EpvfSetup setup = trial_setup();
  setup.options.centre_trial = {.max_drop = 0, .episodes = 5, .on_violation = OnViolation::revert};
  std::vector<double> falls;
  EpvfLearner<float, Pendulum> whole(short_pendulum(), setup);
  Index reverts = 0, kept = 0;
  whole.run(8, [&](const IterationReport& report) {
    falls.push_back(report.policy.ascent.centre_drop);
    (report.policy.reverted ? reverts : kept) += 1;
  });
  CHECK(reverts > 0);
  CHECK(kept > 0);
  std::vector<double> again;
  const auto note = [&](const IterationReport& report) { again.push_back(report.policy.ascent.centre_drop); };
  EpvfLearner<float, Pendulum> first(short_pendulum(), setup);
  first.run(4, note);
  const auto path = folder.path() / "checkpoint.safetensors";
  save_checkpoint(path, first.source, first.agent, first.context, first.progress);
  setup.threads = 3;
  EpvfLearner<float, Pendulum> second(short_pendulum(), setup);
  load_checkpoint(path, second.source, second.agent, second.context, second.progress);
  second.run(4, note);
  CHECK(again == falls);
  check_same(second, whole);
}

TEST_CASE("a centre that is no longer finite is taken back, or ends training where it is not") {
  for (const OnViolation action : {OnViolation::observe, OnViolation::revert}) {
    SearchSetup setup{.options = {.policy_rate_factor = 1e200,
                                  .centre_trial = {.max_drop = 1, .episodes = 1, .on_violation = action}}};
    SearchLearner<Strategies> learner(Strategies({.optimizer = SgdOptions{.learning_rate = 1e200}}), setup);
    const Vector<double> start = learner.agent.policy.parameters();
    const bool reverts = action == OnViolation::revert;
    CHECK(learner.run(1) == (reverts ? StopReason::finished : StopReason::diverged));
    CHECK(learner.agent.policy.parameters() == start);
  }
}

TEST_CASE("trials that cannot be held are refused") {
  using Trial = CentreTrial<Point, PolicyAscent<double>>;
  CHECK_THROWS_WITH(Trial({.max_drop = -1}), Catch::Matchers::Contains("max_drop >= 0, got -1"));
  CHECK_THROWS_WITH(Trial({.max_drop = std::nan("")}), Catch::Matchers::Contains("max_drop >= 0"));
  CHECK_THROWS_WITH(Trial({.episodes = 0}), Catch::Matchers::Contains("episodes >= 1, got 0"));
  // a source that plays populations alone will do only without one
  SearchSetup setup;
  SearchLearner<Strategies> learner((Strategies()), setup);
  const auto play = [](const auto&, auto&& thetas, Context&, EpisodeStatistics& episodes) {
    episodes.returns.assign(static_cast<std::size_t>(thetas.cols()), 0.0);
    episodes.lengths.assign(episodes.returns.size(), 1);
  };
  EpvfOptions options{.steps = 1};
  CHECK_NOTHROW(train_epvf(play, learner.agent, learner.context, options, learner.progress));
  options = {.steps = 100, .centre_trial = {.max_drop = 1}};
  CHECK_THROWS_WITH(train_epvf(play, learner.agent, learner.context, options, learner.progress),
                    Catch::Matchers::Contains("a source that plays the centre"));
}
