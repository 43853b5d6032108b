// SPDX-License-Identifier: MIT
#include "vantage/epvf/augmented_random_search.hpp"

#include <limits>

#include "catch.hpp"
#include "vantage/policy/deterministic_policy.hpp"

using namespace vantage;

namespace {

using Policy = DeterministicPolicy<double>;

Policy linear(Index observations = 3, Index actions = 2, double gain = 0) {
  Rng rng(4);
  return {observations, actions, {.hidden = {}, .squash = Squash::none, .initialization = {.output_gain = gain}}, rng};
}

// plays nothing: the returns are a function of the parameters, and episodes 1, 2, 3, 1, 2, ... steps long
struct Oracle {
  double (*value)(const Vector<double>&) = [](const Vector<double>& theta) {
    double sum = 0;
    for (Index j = 0; j < theta.size(); ++j) sum += std::sin(static_cast<double>(j + 1) * (theta[j] + 0.3));
    return 100 * sum;
  };
  Matrix<double> played = {};
  void operator()(const Policy&, MatrixRef<double> thetas, Context&, EpisodeStatistics& episodes) {
    played = thetas;
    episodes = {};
    for (Index i = 0; i < thetas.cols(); ++i) {
      episodes.returns.push_back(value(thetas.col(i)));
      episodes.lengths.push_back(1 + i % 3);
    }
  }
};

// algorithm 2, line by line, from what was played
Vector<double> published_step(const Matrix<double>& played, const EpisodeStatistics& episodes, double alpha, double nu,
                              Index b, double bonus) {
  struct Direction {
    Vector<double> delta;
    double forwards, backwards;
  };
  std::vector<Direction> directions;
  const auto reward = [&](Index i) {
    const auto at = static_cast<std::size_t>(i);
    return episodes.returns[at] - bonus * static_cast<double>(episodes.lengths[at]);
  };
  for (Index i = 0; i < played.cols(); i += 2) {
    directions.push_back({(played.col(i) - played.col(i + 1)) / (2 * nu), reward(i), reward(i + 1)});
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
    for (const double bonus : {0.0, 20.0}) {
      Context context({.threads = 2});
      Policy policy = linear(3, 2, 1);
      Oracle oracle;
      AugmentedRandomSearch<double> search({.directions = 8,
                                            .top_directions = top,
                                            .step_size = 0.05,
                                            .noise = 0.2,
                                            .survival_bonus = bonus,
                                            .biases = true});
      for (int iteration = 0; iteration < 3; ++iteration) {
        const Vector<double> before = policy.parameters();
        EpisodeStatistics episodes;
        const PolicyReport report = search(oracle, policy, context, episodes);
        const Vector<double> step = policy.parameters() - before;
        const Vector<double> expected = published_step(oracle.played, episodes, 0.05, 0.2, top > 0 ? top : 8, bonus);
        CHECK((step - expected).norm() < 1e-12);
        CHECK(expected.norm() > 1e-3);
        CHECK(report.gradient_norm == Approx(expected.norm() / 0.05).epsilon(1e-10));
        CHECK(report.learning_rate == 0.05);
        // pairs around the centre
        for (Index i = 0; i < 16; i += 2) {
          CHECK((oracle.played.col(i) + oracle.played.col(i + 1) - 2 * before).norm() < 1e-14);
        }
        Vector<double> returns(16);
        for (std::size_t i = 0; i < 16; ++i) {
          returns[static_cast<Index>(i)] = episodes.returns[i] - bonus * static_cast<double>(episodes.lengths[i]);
        }
        CHECK(search.last().mean_return == Approx(returns.mean()).epsilon(1e-12));
        CHECK(search.last().best_return == returns.maxCoeff());
        CHECK(search.last().worst_return == returns.minCoeff());
        if (top != 1) CHECK(search.last().return_deviation > 0);
      }
    }
  }
}

TEST_CASE("directions are standard normal numbers, fresh ones each time") {
  Context context;
  Policy policy = linear();
  Oracle oracle;
  EpisodeStatistics episodes;
  AugmentedRandomSearch<double> search({.directions = 2000, .noise = 0.5, .biases = true});
  search.play(oracle, policy, context, episodes);
  const Matrix<double> first = search.policies();
  search.play(oracle, policy, context, episodes);
  CHECK(search.policies() != first);
  CHECK(search.policies() == oracle.played);
  Matrix<double> delta(8, 2000);
  for (Index k = 0; k < 2000; ++k) delta.col(k) = (first.col(2 * k) - first.col(2 * k + 1)) / 1.0;
  // 16,000 numbers: deviations of the mean 0.008, of the mean square 0.011, of the mean fourth power 0.078
  CHECK(std::abs(delta.mean()) < 4 * 0.008);
  CHECK(std::abs(delta.array().square().mean() - 1) < 4 * 0.0112);
  CHECK(std::abs(delta.array().pow(4).mean() - 3) < 4 * 0.078);
}

TEST_CASE("biases stay as they are unless they are to be learned") {
  for (const bool biases : {false, true}) {
    Context context;
    Policy policy = linear();
    policy.parameters().tail(2) << 0.5, -0.25;
    Oracle oracle;
    EpisodeStatistics episodes;
    AugmentedRandomSearch<double> search({.biases = biases});
    for (int iteration = 0; iteration < 3; ++iteration) search(oracle, policy, context, episodes);
    CHECK((policy.parameters().tail(2) == Vector<double>{{0.5, -0.25}}) == !biases);
    CHECK((oracle.played.bottomRows(2).colwise() - policy.parameters().tail(2)).isZero() == !biases);
    CHECK(policy.parameters().head(6).cwiseAbs().minCoeff() > 0);
  }
}

TEST_CASE("a search goes nowhere where nothing matters, and says so where returns are no numbers") {
  Context context;
  EpisodeStatistics episodes;
  Policy policy = linear(3, 2, 1);
  const Vector<double> before = policy.parameters();
  Oracle flat{.value = [](const Vector<double>&) { return 7.0; }};
  AugmentedRandomSearch<double> search;
  CHECK(search(flat, policy, context, episodes).gradient_norm == 0);
  CHECK(policy.parameters() == before);
  CHECK(search.last().return_deviation == 0);
  Oracle broken{.value = [](const Vector<double>& theta) { return theta[0] > 0.1 ? std::nan("") : theta[0]; }};
  Policy at_zero = linear();
  AugmentedRandomSearch<double> wide({.noise = 0.3});
  wide(broken, at_zero, context, episodes);
  CHECK_FALSE(at_zero.parameters().allFinite());
}

TEST_CASE("the step size of a search follows its schedule") {
  Context context;
  context.set_progress(0.75);
  EpisodeStatistics episodes;
  Policy policy = linear();
  Oracle oracle;
  AugmentedRandomSearch<double> search({.step_size = Schedule::linear(0.4, 0)});
  CHECK(search(oracle, policy, context, episodes).learning_rate == Approx(0.1).epsilon(1e-14));
}

TEST_CASE("impossible searches are refused") {
  using Search = AugmentedRandomSearch<double>;
  CHECK_THROWS_AS(Search({.directions = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Search({.top_directions = -1}), std::invalid_argument);
  CHECK_THROWS_WITH(Search({.directions = 4, .top_directions = 5}),
                    "AugmentedRandomSearch: expected 0 <= top_directions <= directions, got 5");
  CHECK_THROWS_AS(Search({.step_size = -1}), std::invalid_argument);
  for (const double wrong : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    CHECK_THROWS_AS(Search({.noise = wrong}), std::invalid_argument);
  }
  CHECK_THROWS_AS(Search({.survival_bonus = std::nan("")}), std::invalid_argument);
  Context context;
  Policy policy = linear();
  EpisodeStatistics none;
  Search search;
  CHECK_THROWS_AS(search.step(policy, context, none), std::invalid_argument);
}
