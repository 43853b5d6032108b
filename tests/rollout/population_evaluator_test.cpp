// SPDX-License-Identifier: MIT
#include "vantage/rollout/population_evaluator.hpp"

#include <cstdlib>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/io/archive.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

// u = theta . (x, n, 1), or whether that is above 0
template <class S>
struct Line {
  using Scalar = S;
  struct Tape {};
  Vector<S> theta = Vector<S>::Zero(3);
  Index observations = 2;
  bool discrete = false;

  const Vector<S>& parameters() const { return theta; }
  Index observation_size() const { return observations; }
  Index action_size() const { return 1; }
  void act(ConstVectorRef<S> at, ConstMatrixRef<S> x, MatrixRef<S> actions, Tape&) const {
    for (Index i = 0; i < x.cols(); ++i) {
      const S u = at.head(2).dot(x.col(i).head(2)) + at[2];
      actions(0, i) = discrete ? static_cast<S>(u > 0) : u;
    }
  }
};

Matrix<double> some_policies(Index count, std::uint64_t seed = 5) {
  Rng rng(seed);
  return Matrix<double>::NullaryExpr(3, count, [&] { return rng.uniform(-1, 1); });
}

template <class E>
EpisodeStatistics play(PopulationEvaluator<E>& evaluator, const Matrix<double>& thetas, Index threads) {
  Context context({.threads = threads});
  EpisodeStatistics episodes;
  evaluator(Line<double>(), thetas, context, episodes);
  return episodes;
}

// lengths from 1 to 7
const WalkOptions kShort{.bound = 1.1};

struct Throwing : Walk {
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    if (action[0] > 1.9) throw std::runtime_error("too much");
    return Walk::step(action, observation);
  }
};

}  // namespace

TEST_CASE("every policy's episode is that of a loop written by hand") {
  const Matrix<double> thetas = some_policies(40);
  for (const bool normalize : {false, true}) {
    PopulationEvaluator<Walk> evaluator(Walk(kShort), {.seed = 9, .normalize_observations = normalize});
    Context context({.threads = 2});
    EpisodeStatistics episodes;
    Normalizer normalizer(2);
    for (std::uint64_t call = 0; call < 3; ++call) {
      evaluator(Line<double>(), thetas, context, episodes);
      REQUIRE(episodes.returns.size() == 40);
      REQUIRE(episodes.reward_terms.rows() == 2);
      RunningMoments moments(2);
      Index shortest = 100, longest = 0;
      double sum_of_all = 0;
      for (std::uint64_t i = 0; i < 40; ++i) {
        Rng rng(9, StreamPurpose::population, 40 * call + i);
        const auto theta = thetas.col(static_cast<Index>(i));
        double x = rng.uniform(-1, 1), places = 0, times = 0;
        Index n = 0;
        do {
          Vector<double> shown(2);
          shown << x, static_cast<double>(n);
          moments.add(shown);
          if (normalize) normalizer.apply(Vector<double>(shown), shown);
          x += 0.3 * std::clamp(theta.head(2).dot(shown) + theta[2], -1.0, 2.0);
          ++n;
          places += x;
          times += 0.1 * static_cast<double>(n);
        } while (std::abs(x) <= 1.1 && n < 7);
        CHECK(episodes.lengths[i] == n);
        CHECK(episodes.returns[i] == Approx(places + times).epsilon(1e-12));
        CHECK(episodes.reward_terms(0, static_cast<Index>(i)) == Approx(places).epsilon(1e-12));
        CHECK(episodes.reward_terms(1, static_cast<Index>(i)) == Approx(times).epsilon(1e-12));
        shortest = std::min(shortest, n);
        longest = std::max(longest, n);
        sum_of_all += places + times;
      }
      CHECK(shortest < longest);
      CHECK(episodes.faults == 0);
      CHECK(episodes.reward_sum == Approx(sum_of_all));
      CHECK(evaluator.episode_count() == static_cast<std::int64_t>(40 * (call + 1)));
      if (normalize) {
        normalizer.update(moments);
        CHECK((evaluator.normalizer().moments().mean() - normalizer.moments().mean()).norm() < 1e-12);
        CHECK(evaluator.normalizer().moments().variance(1) == Approx(normalizer.moments().variance(1)));
      }
      CHECK(evaluator.normalizer().moments().count() == (normalize ? normalizer.moments().count() : 0));
    }
  }
}

TEST_CASE("the bits do not depend on the number of threads, wherever episodes end") {
  std::vector<std::vector<double>> returns;
  std::vector<Vector<double>> means;
  for (const Index threads : {1, 2, 3}) {
    PopulationEvaluator<Walk> evaluator(Walk(kShort), {.normalize_observations = true});
    std::vector<double> all;
    for (std::uint64_t call = 0; call < 5; ++call) {
      const auto seen = play(evaluator, some_policies(300, call), threads).returns;
      all.insert(all.end(), seen.begin(), seen.end());
    }
    returns.push_back(all);
    means.push_back(evaluator.normalizer().moments().mean());
  }
  CHECK(returns[0] == returns[1]);
  CHECK(returns[0] == returns[2]);
  CHECK(means[0] == means[1]);
  CHECK(means[0] == means[2]);
}

TEST_CASE(
    "episodes aside are those of a loop written by hand, the same until the next population, and change nothing") {
  const Matrix<double> thetas = some_policies(10);
  for (const bool normalize : {false, true}) {
    const PopulationEvaluatorOptions options{.seed = 9, .normalize_observations = normalize};
    PopulationEvaluator<Walk> evaluator(Walk(kShort), options), alone(Walk(kShort), options);
    std::vector<double> last;
    for (std::uint64_t call = 0; call < 3; ++call) {
      CHECK(play(evaluator, thetas, 2).returns == play(alone, thetas, 1).returns);
      const std::uint64_t seed = Rng::derive_seed(9, StreamPurpose::aside, 10 * (call + 1));
      for (const Index threads : {1, 3}) {
        Context context({.threads = threads});
        EpisodeStatistics episodes;
        Line<double> line;
        line.theta = some_policies(1, call).col(0);
        evaluator.play_aside(line, 12, context, episodes);
        REQUIRE(episodes.returns.size() == 12);
        double sum_of_all = 0;
        for (std::uint64_t i = 0; i < 12; ++i) {
          Rng rng(seed, StreamPurpose::aside, i);
          double x = rng.uniform(-1, 1), total = 0;
          Index n = 0;
          do {
            Vector<double> shown(2);
            shown << x, static_cast<double>(n);
            if (normalize) evaluator.normalizer().apply(Vector<double>(shown), shown);
            x += 0.3 * std::clamp(line.theta.head(2).dot(shown) + line.theta[2], -1.0, 2.0);
            ++n;
            total += x + 0.1 * static_cast<double>(n);
          } while (std::abs(x) <= 1.1 && n < 7);
          CHECK(episodes.lengths[i] == n);
          CHECK(episodes.returns[i] == Approx(total).epsilon(1e-12));
          sum_of_all += total;
        }
        CHECK(episodes.reward_sum == Approx(sum_of_all));
      }
      CHECK(evaluator.episode_count() == alone.episode_count());
      CHECK(evaluator.normalizer().moments().mean() == alone.normalizer().moments().mean());
    }
  }
  PopulationEvaluator<Walk> evaluator{Walk(kShort)};
  Context context;
  EpisodeStatistics episodes;
  CHECK_THROWS_WITH(evaluator.play_aside(Line<double>(), 0, context, episodes),
                    Catch::Matchers::Contains("episodes >= 1"));
}

TEST_CASE("a frozen copy plays episodes of its own, with a normaliser that stays, and leaves the first as it was") {
  const PopulationEvaluatorOptions options{.seed = 9, .normalize_observations = true};
  PopulationEvaluator<Walk> evaluator(Walk(kShort), options), alone(Walk(kShort), options);
  const Matrix<double> thetas = some_policies(10);
  play(evaluator, thetas, 1);
  play(alone, thetas, 1);
  auto frozen = evaluator.frozen(3), again = evaluator.frozen(3), other = evaluator.frozen(4);
  const auto first = play(frozen, thetas, 1).returns;
  CHECK(play(again, thetas, 2).returns == first);
  CHECK(play(other, thetas, 1).returns != first);
  CHECK(play(frozen, thetas, 1).returns != first);
  CHECK(frozen.episode_count() == 20);
  CHECK(frozen.normalizer().moments().count() == evaluator.normalizer().moments().count());
  CHECK(frozen.normalizer().moments().mean() == evaluator.normalizer().moments().mean());
  CHECK(play(evaluator, thetas, 1).returns == play(alone, thetas, 1).returns);
  CHECK(evaluator.normalizer().moments().mean() == alone.normalizer().moments().mean());
}

TEST_CASE("an episode depends on its own number, not on how many are played at once") {
  PopulationEvaluator<Walk> whole{Walk(kShort)}, parts{Walk(kShort)}, other(Walk(kShort), {.seed = 2});
  const Matrix<double> thetas = some_policies(10);
  const auto expected = play(whole, thetas, 1).returns;
  auto got = play(parts, thetas.leftCols(4), 2).returns;
  const auto rest = play(parts, thetas.rightCols(6), 2).returns;
  got.insert(got.end(), rest.begin(), rest.end());
  CHECK(got == expected);
  CHECK(play(whole, thetas, 1).returns != expected);
  CHECK(play(other, thetas, 1).returns != expected);
  CHECK(play(whole, thetas.leftCols(0), 1).returns.empty());
}

TEST_CASE("parameters may be of a smaller type than the policy's") {
  const Matrix<Eigen::half> halves = some_policies(20).cast<Eigen::half>();
  const Matrix<double> wide = halves.cast<double>();
  PopulationEvaluator<Walk> a{Walk(kShort)}, b{Walk(kShort)};
  Context context;
  EpisodeStatistics episodes;
  a(Line<double>(), halves, context, episodes);
  CHECK(episodes.returns == play(b, wide, 1).returns);
}

TEST_CASE("a fault costs its penalty and ends the episode") {
  // u = 1 for ever: x + 0.3, x + 0.6, ...; it breaks down above 1.5
  Matrix<double> thetas = Matrix<double>::Zero(3, 3);
  thetas(2, 0) = thetas(2, 1) = 1;
  thetas(2, 2) = std::numeric_limits<double>::quiet_NaN();
  for (const bool shows_nan : {false, true}) {
    WalkOptions options{.limit = 50};
    (shows_nan ? options.nan_above : options.fault_above) = 1.5;
    PopulationEvaluator<Walk> evaluator(Walk(options), {.seed = 4, .fault_penalty = 70});
    const EpisodeStatistics episodes = play(evaluator, thetas, 2);
    CHECK(episodes.faults == 3);
    for (std::uint64_t i = 0; i < 2; ++i) {
      Rng rng(4, StreamPurpose::population, i);
      double x = rng.uniform(-1, 1), sum = 0;
      Index n = 1;
      for (x += 0.3; x <= 1.5; x += 0.3) sum += x + 0.1 * static_cast<double>(n++);
      CHECK(episodes.lengths[i] == n);
      CHECK(episodes.returns[i] == Approx(sum - 70));
    }
    CHECK(episodes.lengths[2] == 1);
    CHECK(episodes.returns[2] == -70);
    CHECK(play(evaluator, thetas.rightCols(1), 1).faults == 1);
  }
}

TEST_CASE("a saved evaluator continues with the same bits") {
  const TemporaryFolder folder;
  const PopulationEvaluatorOptions options{.normalize_observations = true};
  PopulationEvaluator<Walk> evaluator(Walk(kShort), options), read(Walk(kShort), options), fresh(Walk(kShort), options);
  play(evaluator, some_policies(30), 2);
  save_state(folder / "evaluator", evaluator);
  load_state(folder / "evaluator", read);
  const auto expected = play(evaluator, some_policies(30, 6), 1).returns;
  CHECK(play(read, some_policies(30, 6), 2).returns == expected);
  CHECK(play(fresh, some_policies(30, 6), 2).returns != expected);
  CHECK(read.episode_count() == 60);
}

TEST_CASE("an evaluator goes on from a normaliser of another, which fits") {
  const PopulationEvaluatorOptions options{.normalize_observations = true};
  PopulationEvaluator<Walk> evaluator(Walk(kShort), options), other(Walk(kShort), options),
      fresh(Walk(kShort), options);
  play(other, some_policies(30), 2);
  evaluator.set_normalizer(other.normalizer());
  const auto got = play(evaluator, some_policies(30), 2).returns;
  CHECK(got != play(fresh, some_policies(30), 2).returns);
  CHECK(evaluator.normalizer().moments().count() >= other.normalizer().moments().count() + 30);
  CHECK_THROWS_AS(evaluator.set_normalizer(Normalizer(3)), std::invalid_argument);
}

TEST_CASE("an evaluator's normaliser freezes after the population in which it has seen enough") {
  PopulationEvaluator<Walk> evaluator(Walk(kShort),
                                      {.normalize_observations = true, .normalizer = {.freeze_after = 1}});
  play(evaluator, some_policies(30), 2);
  const Normalizer seen = evaluator.normalizer();
  CHECK(seen.moments().count() >= 30);
  play(evaluator, some_policies(30), 2);
  CHECK(evaluator.normalizer().moments().count() == seen.moments().count());
  evaluator.set_normalizer(Normalizer(RunningMoments(Eigen::Vector2d(1, 2), Eigen::Vector2d(1, 1), 1)));
  play(evaluator, some_policies(30), 2);
  CHECK(evaluator.normalizer().moments().mean() == Eigen::Vector2d(1, 2));
}

TEST_CASE("discrete actions are chosen by the policy") {
  // push towards the side to which the pole falls
  const Line<float> policy{Vector<float>::Zero(3), 4, true};
  Matrix<float> thetas = Matrix<float>::Zero(3, 2);
  thetas(2, 0) = 1;
  thetas(2, 1) = -1;
  PopulationEvaluator<CartPole> evaluator{CartPole()};
  Context context;
  EpisodeStatistics episodes;
  evaluator(policy, thetas, context, episodes);
  // always the same push: the pole falls within a dozen steps
  for (const Index length : episodes.lengths) CHECK((length >= 8 && length <= 12));
}

TEST_CASE("what cannot be played is refused, and an error of a world leaves the evaluator as it was") {
  CHECK_THROWS_AS(PopulationEvaluator<Walk>(Walk({.limit = 0})), std::invalid_argument);
  CHECK_THROWS_AS(PopulationEvaluator<Walk>(Walk(), {.max_episode_steps = 0}), std::invalid_argument);
  CHECK_THROWS_AS(PopulationEvaluator<Walk>(Walk(), {.fault_penalty = -1}), std::invalid_argument);
  CHECK(PopulationEvaluator<Walk>(Walk({.limit = 0}), {.max_episode_steps = 3}).time_limit() == 3);

  PopulationEvaluator<Throwing> evaluator{Throwing()};
  Context context({.threads = 2});
  EpisodeStatistics episodes;
  CHECK_THROWS_WITH(evaluator(Line<double>(), some_policies(4).topRows(2), context, episodes),
                    "PopulationEvaluator: expected as many parameters as the policy has, got 2");
  CHECK_THROWS_AS(evaluator(Line<double>{.observations = 3}, some_policies(4), context, episodes),
                  std::invalid_argument);
  Matrix<double> thetas = 0.1 * some_policies(8);
  thetas(2, 5) = 100;
  CHECK_THROWS_WITH(evaluator(Line<double>(), thetas, context, episodes), "too much");
  CHECK(evaluator.episode_count() == 0);
  PopulationEvaluator<Walk> other{Walk()};
  const Matrix<double> harmless = thetas.leftCols(5);
  CHECK(play(evaluator, harmless, 2).returns == play(other, harmless, 2).returns);
}
