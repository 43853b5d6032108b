// SPDX-License-Identifier: MIT
#include "vantage/epvf/train_epvf.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "env/counter.hpp"
#include "epvf/learner.hpp"
#include "epvf/pendulum_setup.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/rollout/evaluate.hpp"
#include "vantage/train/checkpoint.hpp"

using namespace vantage;
using vantage::testing::EpvfLearner;
using vantage::testing::EpvfSetup;
using vantage::testing::pendulum_setup;
using vantage::testing::short_pendulum;

namespace {

const PointMassOptions kMass{.max_episode_steps = 40};

// V of a linear policy u = w x + b with theta = (w, b) on the point mass, in closed form: with z = (x, 1), z' = M z and
// the cost z' C z of a step, V = -sum_t tr(C M^t S M^t') for the second moment S of the first z
double exact_value(const Vector<double>& theta) {
  const PointMass world(kMass);
  Matrix<double> response(1, 3);
  response << theta[0], theta[1], theta[2];
  Matrix<double> motion = Matrix<double>::Zero(3, 3), cost = Matrix<double>::Zero(3, 3);
  motion.topLeftCorner(2, 2) = world.transition();
  motion.topRows(2) += world.control() * response;
  motion(2, 2) = 1;
  cost.topLeftCorner(2, 2) = world.state_cost();
  cost += response.transpose() * world.control_cost() * response;
  Matrix<double> moment = Vector<double>(Eigen::Vector3d(1.0 / 3, 1.0 / 3, 1)).asDiagonal();
  double value = 0;
  for (Index t = 0; t < kMass.max_episode_steps; ++t) {
    value -= (cost * moment).trace();
    moment = motion * moment * motion.transpose();
  }
  return value;
}

Vector<double> exact_gradient(const Vector<double>& theta) {
  Vector<double> gradient(theta.size());
  for (Index j = 0; j < theta.size(); ++j) {
    Vector<double> low = theta, high = theta;
    low[j] -= 1e-5;
    high[j] += 1e-5;
    gradient[j] = (exact_value(high) - exact_value(low)) / 2e-5;
  }
  return gradient;
}

// the best linear policy, by gradient ascent on the closed form
Vector<double> best_policy() {
  Vector<double> theta = Vector<double>::Zero(3);
  for (int step = 0; step < 2000; ++step) theta += 0.01 * exact_gradient(theta);
  return theta;
}

double cosine(const Vector<double>& a, const Vector<double>& b) { return a.dot(b) / (a.norm() * b.norm()); }

EpvfSetup mass_setup() {
  EpvfSetup setup;
  setup.value = {.hidden = {64, 64}, .input_scale = 1};
  setup.perturbation = {.scaling = NoiseScaling::additive, .scale = 0.3};
  setup.weight_clip = {.bound = 0};
  setup.archive = {.population = 256, .generations = 8};
  setup.value_update = {.steps = 30, .optimizer = AdamOptions{.learning_rate = 2e-3}, .minibatch = 256};
  setup.policy_update = {.steps = 10, .optimizer = AdamOptions{.learning_rate = 2e-2}};
  return setup;
}

}  // namespace

TEST_CASE("EPVF's value function has the direction of the exact gradient near the centre") {
  EpvfSetup setup = mass_setup();
  setup.value = {.hidden = {16, 16}, .activation = Activation::tanh, .input_scale = 3};
  setup.archive = {.population = 20'000};
  setup.value_update = {.steps = 1000, .optimizer = AdamOptions{.learning_rate = 3e-3}, .minibatch = 512};
  setup.policy_update.steps = 0;
  EpvfLearner<double, PointMass> learner(PointMass(kMass), setup);
  Vector<double> centre(3);
  centre << -0.6, -0.6, 0.2;
  learner.agent.policy.parameters() = centre;
  learner.run(1);
  CHECK(learner.agent.policy.parameters() == centre);
  Rng rng(3);
  Vector<double> gradient(3);
  for (int point = 0; point < 20; ++point) {
    Vector<double> theta = centre;
    // half the width of the noise
    for (double& component : theta) component += rng.uniform(-0.15, 0.15);
    const double value = learner.agent.value.input_gradient(theta, learner.context, gradient);
    CHECK(cosine(gradient, exact_gradient(theta)) >= 0.9);
    CHECK(value == Approx(exact_value(theta)).epsilon(0.25));
  }
}

TEST_CASE("EPVF climbs to the best linear policy of a linear-quadratic world") {
  const Vector<double> best = best_policy();
  REQUIRE(exact_gradient(best).norm() < 5e-3);
  for (const std::uint64_t seed : {1U, 2U}) {
    EpvfSetup setup = mass_setup();
    setup.value.hidden = {32, 32};
    setup.seed = seed;
    EpvfLearner<float, PointMass> learner(PointMass(kMass), setup);
    learner.agent.policy.parameters().setZero();
    learner.run(100);
    const Vector<double> reached = learner.agent.policy.parameters().cast<double>();
    INFO("seed " << seed << ": " << reached.transpose() << ", best " << best.transpose());
    // of what there is to gain over no force
    const double none = exact_value(Vector<double>::Zero(3));
    CHECK((exact_value(reached) - none) / (exact_value(best) - none) >= 0.98);
  }
}

TEST_CASE("EPVF climbs there by ranks and logarithms of returns too, and tells plain ones") {
  const double none = exact_value(Vector<double>::Zero(3)), most = exact_value(best_policy());
  for (const ReturnScale scale : {ReturnScale::rank, ReturnScale::log}) {
    EpvfSetup setup = mass_setup();
    setup.value.hidden = {32, 32};
    setup.options.return_transform = scale;
    EpvfLearner<float, PointMass> learner(PointMass(kMass), setup);
    learner.agent.policy.parameters().setZero();
    double predicted = 0;
    learner.run(100, [&](const IterationReport& report) { predicted = report.policy.ascent.predicted_return; });
    const double reached = exact_value(learner.agent.policy.parameters().cast<double>());
    INFO(kReturnScaleNames[static_cast<std::size_t>(scale)] << ": " << reached << " of " << most << ", predicted "
                                                            << predicted);
    CHECK((reached - none) / (most - none) >= 0.95);
    CHECK(predicted == Approx(most).epsilon(0.5));
  }
}

TEST_CASE("EPVF tells what its value knows, which changes nothing: on a linear-quadratic world in closed form") {
  EpvfSetup setup = mass_setup();
  EpvfLearner<double, PointMass> quiet(PointMass(kMass), setup), learner(PointMass(kMass), setup);
  // returns without the luck of the start
  const auto play = [](const auto&, auto&& thetas, Context&, EpisodeStatistics& episodes) {
    const Matrix<double> full = thetas.template cast<double>();
    episodes.returns.clear();
    for (Index i = 0; i < full.cols(); ++i) episodes.returns.push_back(exact_value(full.col(i)));
    episodes.lengths.assign(episodes.returns.size(), kMass.max_episode_steps);
  };
  EpvfOptions options{.steps = 15 * 256 * kMass.max_episode_steps};
  train_epvf(play, quiet.agent, quiet.context, options, quiet.progress);
  options.measure_foresight = true;
  Vector<double> centre = learner.agent.policy.parameters();
  auto before = learner.agent.value;
  LinearValue<double> plane;
  Context context;
  const auto look = [&](const IterationReport& report, const auto& agent) {
    const ForesightReport& foresight = report.value.foresight;
    Matrix<double> policies;
    Vector<double> returns, values(256), gradient(3), slope;
    agent.archive.newest(256, policies, returns);
    const auto explained = [&] {
      const auto variance = [](const Vector<double>& x) { return (x.array() - x.mean()).square().mean(); };
      return 1 - variance(returns - values) / variance(returns);
    };
    // the value and the plane of the last iteration on this one's policies
    before.predict(policies, context, values);
    CHECK(foresight.explained_variance == Approx(explained()).margin(1e-9));
    CHECK(foresight.rank_correlation == Approx(correlation_of_ranks(ranks(values), ranks(returns))));
    CHECK(std::isnan(foresight.linear_rank_correlation) == (report.iteration == 1));
    if (report.iteration > 1) {
      plane.predict(policies, context, values);
      CHECK(foresight.linear_explained_variance == Approx(explained()).margin(1e-9));
      CHECK(foresight.linear_rank_correlation == Approx(correlation_of_ranks(ranks(values), ranks(returns))));
    }
    // this iteration's value at the centre that was played around
    agent.value.input_gradient(centre, context, gradient);
    population_gradient(centre, agent.perturbation, policies, returns, context, slope);
    CHECK(foresight.slope_cosine == Approx(cosine(gradient, slope)));
    const double moved = (agent.policy.parameters() - centre).norm();
    CHECK(report.policy.ascent.noise_share == Approx(moved / agent.perturbation.distance(centre)));
    if (report.iteration == 15) {
      INFO(foresight.rank_correlation << ", of the plane " << foresight.linear_rank_correlation << "; "
                                      << foresight.slope_cosine);
      CHECK(foresight.rank_correlation > 0.95);
      CHECK(foresight.rank_correlation > foresight.linear_rank_correlation);
      CHECK(cosine(gradient, exact_gradient(centre)) > 0.95);
    }
    centre = agent.policy.parameters();
    before = agent.value;
    agent.archive.newest(agent.archive.size(), policies, returns);
    plane.fit(policies, returns, context);
  };
  train_epvf(play, learner.agent, learner.context, options, learner.progress, look);
  CHECK(learner.progress.iterations == 15);
  CHECK(learner.agent.policy.parameters() == quiet.agent.policy.parameters());
  CHECK(learner.agent.value.parameters() == quiet.agent.value.parameters());
}

TEST_CASE("EPVF learns to balance the pole") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    EpvfSetup setup;
    setup.seed = seed;
    setup.perturbation.floor = 0.1;
    setup.value = {.hidden = {128, 128}, .input_scale = 10};
    setup.value_update.steps = 50;
    setup.policy_update.optimizer = AdamOptions{.learning_rate = 1e-2};
    EpvfLearner<float, CartPole> learner(CartPole{}, setup);
    double best = 0;
    learner.run(40, [&](const IterationReport&, const auto& agent) {
      best = std::max(best, mean(evaluate(CartPole{}, agent.policy, nullptr, learner.context,
                                          {.episodes = 5, .deterministic = true})
                                     .returns));
    });
    CHECK(best >= 475);
  }
}

TEST_CASE("PSSVF is EPVF with other options") {
  // Faccio et al. 2021: an episode an iteration, Gaussian noise of deviation 1, no clip, an archive of 100,000 policies
  EpvfSetup setup;
  setup.perturbation = {.shape = NoiseShape::gaussian, .scaling = NoiseScaling::additive, .scale = 1};
  setup.weight_clip = {.bound = 0};
  setup.archive = {.population = 1, .generations = 100'000};
  setup.value = {.hidden = {64, 64}};
  setup.value_update = {.steps = 10, .optimizer = AdamOptions{.learning_rate = 1e-3}, .minibatch = 16};
  setup.policy_update = {.steps = 10, .optimizer = AdamOptions{.learning_rate = 1e-3}};
  setup.options.standardize_returns = false;
  EpvfLearner<float, CartPole> learner(CartPole{}, setup);
  double best = 0;
  learner.run(600, [&](const IterationReport& report, const auto& agent) {
    if (report.iteration % 20 != 0) return;
    best = std::max(
        best, mean(evaluate(CartPole{}, agent.policy, nullptr, learner.context, {.episodes = 5, .deterministic = true})
                       .returns));
  });
  CHECK(learner.agent.archive.size() == 600);
  CHECK(best >= 475);
}

TEST_CASE("weights are inside the clip after every iteration, those of the played policies too") {
  EpvfSetup setup = pendulum_setup();
  setup.value_update.minibatch = 0;
  setup.weight_clip.bound = 0.05;
  setup.perturbation = {.shape = NoiseShape::gaussian, .scaling = NoiseScaling::additive, .scale = 0.1};
  setup.policy_update.optimizer = AdamOptions{.learning_rate = 0.05};
  EpvfLearner<float, Pendulum> learner(short_pendulum(), setup);
  int iterations = 0;
  learner.run(5, [&](const IterationReport& report, const auto& agent) {
    ++iterations;
    CHECK(agent.policy.parameters().cwiseAbs().maxCoeff() <= 0.05F);
    CHECK(agent.archive.policies().cwiseAbs().maxCoeff() == 0.05F);
    const auto at_bound = (agent.policy.parameters().array().abs() >= 0.05F).count();
    CHECK(report.policy.ascent.boundary_share ==
          Approx(static_cast<double>(at_bound) / static_cast<double>(agent.policy.parameters().size())));
    CHECK(report.policy.ascent.boundary_share > 0.1);
  });
  CHECK(iterations == 5);

  setup.weight_clip.samples = false;
  EpvfLearner<float, Pendulum> centre_only(short_pendulum(), setup);
  centre_only.run(1);
  CHECK(centre_only.agent.archive.policies().cwiseAbs().maxCoeff() > 0.1F);
  CHECK(centre_only.agent.policy.parameters().cwiseAbs().maxCoeff() <= 0.05F);
}

TEST_CASE("EPVF's numbers do not depend on the threads") {
  std::vector<Vector<float>> ends;
  for (const Index threads : {1, 2, 3}) {
    EpvfSetup setup = pendulum_setup();
    setup.threads = threads;
    setup.archive = {.population = 300};
    setup.value_update = {.steps = 3};
    EpvfLearner<float, Pendulum> learner(short_pendulum(), setup);
    learner.run(3);
    ends.push_back(learner.agent.policy.parameters());
    ends.push_back(learner.agent.value.parameters());
  }
  CHECK(ends[0] == ends[2]);
  CHECK(ends[1] == ends[3]);
  CHECK(ends[0] == ends[4]);
  CHECK(ends[1] == ends[5]);
}

TEST_CASE("EPVF goes on from a checkpoint bit for bit") {
  const TemporaryFolder folder;
  for (const bool half : {false, true}) {
    for (const Index generations : {1, 3}) {
      EpvfSetup setup = pendulum_setup();
      setup.archive.generations = generations;
      setup.options.return_transform = ReturnScale::rank;
      setup.options.policy_step_size = 0.3;
      setup.options.measure_foresight = true;
      ForesightReport last_of_whole, last_of_second;
      setup.archive.half_precision = half;
      EpvfLearner<float, Pendulum> whole(short_pendulum(), setup);
      EpvfLearner<float, Pendulum> first(short_pendulum(), setup);
      whole.run(7, [&](const IterationReport& report) { last_of_whole = report.value.foresight; });
      first.run(4);
      const auto path = folder.path() / "checkpoint.safetensors";
      save_checkpoint(path, first.source, first.agent, first.context, first.progress);
      setup.threads = 2;
      EpvfLearner<float, Pendulum> second(short_pendulum(), setup);
      load_checkpoint(path, second.source, second.agent, second.context, second.progress);
      // the plane that the next population is judged by goes on too
      second.run(1, [&](const IterationReport& report) {
        CHECK(!std::isnan(report.value.foresight.linear_rank_correlation));
      });
      second.run(2, [&](const IterationReport& report) { last_of_second = report.value.foresight; });
      CHECK(last_of_second.rank_correlation == last_of_whole.rank_correlation);
      CHECK(last_of_second.linear_explained_variance == last_of_whole.linear_explained_variance);
      CHECK(last_of_second.slope_cosine == last_of_whole.slope_cosine);
      CHECK(second.agent.policy.parameters() == whole.agent.policy.parameters());
      CHECK(second.agent.value.parameters() == whole.agent.value.parameters());
      CHECK(second.context.rng() == whole.context.rng());
      CHECK(second.progress.env_steps == whole.progress.env_steps);
      CHECK(second.progress.recent_returns == whole.progress.recent_returns);
      CHECK(second.agent.archive.size() == whole.agent.archive.size());
    }
  }
}

TEST_CASE("reports count what was played; the survival bonus is taken off only for the value function") {
  EpvfSetup setup;
  setup.archive = {.population = 4};
  setup.options.survival_bonus = 2;
  testing::Counter world;
  world.last = 5;
  EpvfLearner<float, testing::Counter> learner(world, setup);
  learner.run(2, [&](const IterationReport& report, const auto& agent) {
    CHECK(report.episodes.returns.size() == 4);
    CHECK(report.mean_length == 5);
    CHECK(report.progress.env_steps == 20 * report.iteration);
    CHECK(report.progress.episodes == 4 * report.iteration);
    for (Index i = 0; i < 4; ++i) {
      CHECK(agent.archive.returns()[i] == Approx(report.episodes.returns[static_cast<std::size_t>(i)] - 10));
    }
    CHECK(report.policy.epochs == 10);
    CHECK(report.value.steps == 10);
  });
}

TEST_CASE("EPVF's rates follow the environment steps") {
  EpvfSetup setup;
  setup.archive = {.population = 4};
  setup.policy_update = {.steps = 3, .optimizer = AdamOptions{.learning_rate = Schedule::linear(0.5, 0)}};
  setup.value_update = {.steps = 4, .optimizer = AdamOptions{.learning_rate = Schedule::linear(1, 0)}, .minibatch = 2};
  setup.options.policy_rate_factor = Schedule::geometric(1, 0.01);
  testing::Counter world;
  world.last = 5;
  EpvfLearner<float, testing::Counter> learner(world, setup);
  // 20 steps an iteration
  learner.options.steps = 80;
  int iteration = 0;
  train_epvf(learner.source, learner.agent, learner.context, learner.options, learner.progress,
             [&](const IterationReport& report) {
               const double share = iteration++ / 4.0;
               CHECK(report.policy.learning_rate == Approx(0.5 * (1 - share) * std::pow(0.01, share)).epsilon(1e-14));
               CHECK(learner.agent.value_update.optimizer().learning_rate() == 1 - share);
             });
  CHECK(iteration == 4);
}

TEST_CASE("numbers that diverge end EPVF with the last finite parameters") {
  EpvfSetup setup = pendulum_setup();
  setup.value_update.optimizer = SgdOptions{.learning_rate = 1e30};
  EpvfLearner<float, Pendulum> learner(short_pendulum(), setup);
  CHECK(learner.run(50) == StopReason::diverged);
  CHECK(learner.agent.policy.parameters().allFinite());
  CHECK(learner.agent.value.parameters().allFinite());
}

TEST_CASE("EPVF refuses parts that do not fit") {
  EpvfSetup setup = pendulum_setup();
  setup.archive.half_precision = true;
  setup.value_update.minibatch = 0;
  EpvfLearner<float, Pendulum> learner(short_pendulum(), setup);
  CHECK_THROWS_WITH(learner.run(1), Catch::Matchers::Contains("minibatches from an archive in half precision"));
  EpvfLearner<float, Pendulum> other(short_pendulum(), pendulum_setup());
  other.agent.archive = PolicyArchive<float>(7, {.population = 6});
  CHECK_THROWS_WITH(other.run(1), Catch::Matchers::Contains("as many parameters as the policy has, got 7"));
  EpvfLearner<float, Pendulum> clip(short_pendulum(), pendulum_setup());
  clip.agent.weight_clip.bound = -1;
  CHECK_THROWS_WITH(clip.run(1), Catch::Matchers::Contains("bound >= 0"));
}
