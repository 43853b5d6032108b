// SPDX-License-Identifier: MIT
#include "vantage/epvf/augmented_random_search.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "epvf/search_learner.hpp"

using namespace vantage;
using vantage::testing::SearchLearner;
using vantage::testing::SearchSetup;

namespace {

using Search = AugmentedRandomSearch<double>;

struct Point {
  using Scalar = double;
  Vector<double> theta;
  Vector<double>& parameters() { return theta; }
};

const PerturbationOptions kPairs{
    .shape = NoiseShape::gaussian, .scaling = NoiseScaling::additive, .scale = 0.2, .antithetic = true};

double waves(const Vector<double>& theta) {
  double sum = 0;
  for (Index j = 0; j < theta.size(); ++j) sum += std::sin(static_cast<double>(j + 1) * (theta[j] + 0.3));
  return 100 * sum;
}

// a population around the point, with returns that are a function of the parameters alone
template <class Value>
PolicyArchive<double> play(const Vector<double>& theta, Index population, const Value& value, Context& context,
                           const PerturbationOptions& options = kPairs) {
  PolicyArchive<double> archive(theta.size(), {.population = population});
  archive.add_population([&](auto&& policies) {
    Perturbation<double> perturb(options);
    perturb(theta, {.bound = 0}, context, policies);
    Vector<double> returns(population);
    for (Index i = 0; i < population; ++i) returns[i] = value(Vector<double>(policies.col(i).template cast<double>()));
    return returns;
  });
  return archive;
}

// algorithm 2, line by line, from what was played
Vector<double> published_step(const PolicyArchive<double>& archive, double alpha, double nu, Index b) {
  struct Direction {
    Vector<double> delta;
    double forwards, backwards;
  };
  std::vector<Direction> directions;
  const Matrix<double> played = archive.policies();
  const Vector<double> returns = archive.returns();
  for (Index i = 0; i < played.cols(); i += 2) {
    directions.push_back({(played.col(i) - played.col(i + 1)) / (2 * nu), returns[i], returns[i + 1]});
  }
  std::stable_sort(directions.begin(), directions.end(), [](const Direction& x, const Direction& y) {
    return std::max(x.forwards, x.backwards) > std::max(y.forwards, y.backwards);
  });
  directions.resize(static_cast<std::size_t>(b));
  Vector<double> used(2 * b), sum = Vector<double>::Zero(played.rows());
  Index i = 0;
  for (const Direction& d : directions) {
    used[i++] = d.forwards;
    used[i++] = d.backwards;
    sum += (d.forwards - d.backwards) * d.delta;
  }
  const double sigma = std::sqrt((used.array() - used.mean()).square().mean());
  return alpha / (static_cast<double>(b) * sigma) * sum;
}

}  // namespace

TEST_CASE("the step of a random search is that of the published algorithm, in all its forms") {
  for (const Index top : {0, 1, 3, 8}) {
    Context context({.threads = 2});
    Point point{Vector<double>::LinSpaced(6, -1, 1)};
    Search search({.top_directions = top, .step_size = 0.05});
    for (int iteration = 0; iteration < 3; ++iteration) {
      const Vector<double> before = point.theta;
      const auto archive = play(before, 16, waves, context);
      const PolicyReport report = search(point, archive, Perturbation<double>(kPairs), {.bound = 0}, context, 0.5);
      const Vector<double> expected = published_step(archive, 0.025, 0.2, top > 0 ? top : 8);
      CHECK((point.theta - before - expected).norm() < 1e-12);
      CHECK(expected.norm() > 1e-3);
      CHECK(report.gradient_norm == Approx(expected.norm() / 0.025).epsilon(1e-10));
      CHECK(report.learning_rate == 0.025);
      CHECK(report.epochs == 1);
    }
  }
}

TEST_CASE("a search goes nowhere where nothing matters, and says so where returns are no numbers") {
  Context context;
  Point point{Vector<double>::Zero(4)};
  Search search;
  const Perturbation<double> noise(kPairs);
  const auto flat = play(
      point.theta, 8, [](const Vector<double>&) { return 7.0; }, context);
  CHECK(search(point, flat, noise, {.bound = 0}, context).gradient_norm == 0);
  CHECK(point.theta == Vector<double>::Zero(4));
  const auto broken = play(
      point.theta, 8, [](const Vector<double>& theta) { return theta[0] > 0.1 ? std::nan("") : theta[0]; }, context);
  search(point, broken, noise, {.bound = 0}, context);
  CHECK_FALSE(point.theta.allFinite());
}

TEST_CASE("the step size of a search follows its schedule, and its centre the weight clip") {
  Context context;
  context.set_progress(0.75);
  Point point{Vector<double>::Zero(4)};
  Search search({.step_size = Schedule::linear(4, 0)});
  const auto archive = play(point.theta, 8, waves, context);
  const PolicyReport report = search(point, archive, Perturbation<double>(kPairs), {.bound = 0.1}, context);
  CHECK(report.learning_rate == Approx(1).epsilon(1e-14));
  CHECK(point.theta.cwiseAbs().maxCoeff() == 0.1);
  CHECK(report.ascent.boundary_share > 0);
}

TEST_CASE("random search comes to the best gain of a linear-quadratic world, in all its published forms") {
  const Matrix<double> best = iterate_gain(testing::stationary_world(), Matrix<double>::Zero(2, 3)).gain;
  const double none = testing::stationary_cost(Matrix<double>::Zero(2, 3)), least = testing::stationary_cost(best);
  REQUIRE(none > 4 * least);
  for (const bool normalize : {false, true}) {
    for (const Index top : {0, 8}) {
      SearchSetup setup{.normalize = normalize};
      setup.perturbation.scale = 0.2;
      SearchLearner<Search> learner(Search({.top_directions = top, .step_size = Schedule::geometric(0.3, 2e-3)}),
                                    setup);
      CHECK(learner.run(100) == StopReason::finished);
      CHECK(learner.progress.iterations == 100);
      INFO("normalised " << normalize << ", top " << top << "\n" << learner.gain() << "\nbest\n" << best);
      // biases stay where they were
      CHECK(learner.agent.policy.parameters().tail(2) == Vector<double>::Zero(2));
      // the moments of what the first policies saw stay in the normaliser, and there is no bias to make up for them
      CHECK((testing::stationary_cost(learner.gain()) - least) / (none - least) < (normalize ? 0.05 : 0.005));
      if (!normalize) CHECK((learner.gain() - best).norm() < 0.15 * best.norm());
    }
  }
}

TEST_CASE("impossible searches are refused") {
  CHECK_THROWS_AS(Search({.top_directions = -1}), std::invalid_argument);
  CHECK_THROWS_AS(Search({.step_size = -1}), std::invalid_argument);
  Context context;
  Point point{Vector<double>::Zero(4)};
  const auto refuse = [&](Index top, Index population, const PerturbationOptions& noise, const char* words) {
    const auto archive = play(point.theta, population, waves, context, noise);
    Search search({.top_directions = top});
    CHECK_THROWS_WITH(search(point, archive, Perturbation<double>(noise), {.bound = 0}, context),
                      Catch::Matchers::Contains(words));
  };
  refuse(5, 8, kPairs, "top_directions <= population / 2, got 5");
  refuse(0, 7, kPairs, "a population of pairs, got 7");
  PerturbationOptions single = kPairs, centred = kPairs;
  single.antithetic = false;
  centred.include_centre = true;
  refuse(0, 8, single, "antithetic noise without the centre");
  refuse(0, 8, centred, "antithetic noise without the centre");
  Search search;
  PolicyArchive<double> none(4, {.population = 8});
  CHECK_THROWS_AS(search(point, none, Perturbation<double>(kPairs), {.bound = 0}, context), std::invalid_argument);
}
