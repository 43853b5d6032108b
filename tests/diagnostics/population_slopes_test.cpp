// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/population_slopes.hpp"

#include "catch.hpp"
#include "vantage/diagnostics/gradient_quality.hpp"
#include "vantage/policy/deterministic_policy.hpp"
#include "vantage/rollout/population_evaluator.hpp"
#include "vantage/tabular/linear_quadratic_environment.hpp"

using namespace vantage;

namespace {

using Policy = DeterministicPolicy<double>;

// a linear-quadratic problem of one step, whose return is quadratic in u = K s + b: the slope of the expected return
// over noise of any width is that at its centre
LinearQuadratic problem() {
  const Matrix<double> identity = Matrix<double>::Identity(3, 3);
  return {.transition = identity,
          .control = Matrix<double>::Zero(3, 2),
          .state_cost = 0.5 * identity,
          .control_cost = Matrix<double>{{1, 0.2}, {0.2, 0.4}},
          .noise = 0 * identity,
          .start = Matrix<double>{{1, 0.3, 0}, {0.3, 2, 0}, {0, 0, 0.5}}};
}

const Vector<double> kCentre{{0.3, -0.2, 0.5, 0.4, -0.1, 0.6, 0.2, -0.4}};

// J = -tr(Q S) - tr(K' R K S) - b' R b
double exact_return(const Vector<double>& theta) {
  const LinearQuadratic world = problem();
  const Matrix<double> gain = theta.head(6).reshaped(2, 3);
  return -((world.state_cost + gain.transpose() * world.control_cost * gain) * world.start).trace() -
         theta.tail(2).dot(world.control_cost * theta.tail(2));
}

Vector<double> exact_gradient(const Vector<double>& theta) {
  const LinearQuadratic world = problem();
  Vector<double> gradient(8);
  const Matrix<double> gain = theta.head(6).reshaped(2, 3);
  gradient.head(6) = (-2 * world.control_cost * gain * world.start).reshaped();
  gradient.tail(2) = -2 * world.control_cost * theta.tail(2);
  return gradient;
}

Policy policy() {
  Rng rng(1);
  Policy result(3, 2, {.hidden = {}, .squash = Squash::none}, rng);
  result.parameters() = kCentre;
  return result;
}

// without luck; episodes of 1, 2, .. steps, for which a bonus was paid
struct Exact {
  double bonus = 0;
  void operator()(const auto&, auto&& thetas, Context&, EpisodeStatistics& episodes) const {
    episodes.returns.clear();
    episodes.lengths.clear();
    for (Index i = 0; i < thetas.cols(); ++i) {
      episodes.lengths.push_back(i + 1);
      episodes.returns.push_back(exact_return(thetas.col(i)) + bonus * static_cast<double>(i + 1));
    }
  }
};

const PerturbationOptions kPairs{
    .shape = NoiseShape::gaussian, .scaling = NoiseScaling::additive, .scale = 0.3, .antithetic = true};

}  // namespace

TEST_CASE("slopes of populations are the estimates by hand, of streams of their own, for any number of threads") {
  const Perturbation<double> noise(kPairs);
  for (const ReturnScale scale : {ReturnScale::none, ReturnScale::rank}) {
    Exact source{.bonus = 7};
    Context context({.threads = 1}), several({.threads = 3});
    const Rng before = context.rng();
    const PopulationSlopesOptions options{
        .populations = 5, .policies = 10, .return_transform = scale, .survival_bonus = 7, .seed = 3};
    const Matrix<double> slopes = population_slopes(source, policy(), noise, {.bound = 0}, context, options);
    REQUIRE(slopes.cols() == 5);
    CHECK(context.rng() == before);
    CHECK(slopes == population_slopes(source, policy(), noise, {.bound = 0}, several, options));
    for (Index r = 0; r < 5; ++r) {
      Context own;
      own.rng() = Rng(3, StreamPurpose::frozen_rollout, static_cast<std::uint64_t>(r));
      Matrix<double> policies(8, 10);
      noise(kCentre, {.bound = 0}, own, policies);
      Vector<double> returns(10);
      for (Index i = 0; i < 10; ++i) returns[i] = exact_return(policies.col(i));
      if (scale == ReturnScale::rank) {
        Vector<double> places(10);
        for (Index i = 0; i < 10; ++i) places[i] = static_cast<double>((returns.array() < returns[i]).count()) / 9;
        returns = places;
      }
      Vector<double> expected = Vector<double>::Zero(8);
      for (Index i = 0; i < 10; ++i) {
        expected += (returns[i] - returns.mean()) * (policies.col(i) - kCentre) / (10 * 0.3 * 0.3);
      }
      CHECK((slopes.col(r) - expected).norm() < 1e-9 * expected.norm());
    }
    Index asked = 0;
    const auto twice = [&] { return ++asked <= 2; };
    CHECK(population_slopes(source, policy(), noise, {.bound = 0}, context, options, twice) == slopes.leftCols(2));
  }
}

TEST_CASE("on a linear-quadratic world slopes average to the exact gradient, and their noise scale is known") {
  const Perturbation<double> noise(kPairs);
  Context context({.threads = 2});
  // of a pair's estimate (g'e) e / sigma^2 the covariance has the trace (P + 1) |g|^2: two policies for P + 1 = 9
  Exact exact;
  const Matrix<double> slopes =
      population_slopes(exact, policy(), noise, {.bound = 0}, context, {.populations = 4000, .policies = 16});
  const Vector<double> gradient = exact_gradient(kCentre);
  CHECK((slopes.rowwise().mean() - gradient).norm() < 0.05 * gradient.norm());
  CHECK(noise_scale(slopes, 16).value() == Approx(18).epsilon(0.05));

  // played, with the luck of the start: five standard errors of each of eight components
  const LinearQuadraticEnvironment world(problem(), 1);
  const PopulationEvaluator<LinearQuadraticEnvironment> training(world, {.action_map = ActionMap::none});
  auto source = training.frozen(5);
  constexpr Index kRepeats = 400;
  const Matrix<double> played =
      population_slopes(source, policy(), noise, {.bound = 0}, context, {.populations = kRepeats, .policies = 64});
  const Vector<double> mean = played.rowwise().mean();
  for (Index j = 0; j < 8; ++j) {
    const double spread = std::sqrt((played.row(j).array() - mean[j]).square().sum() / (kRepeats - 1));
    CHECK(std::abs(mean[j] - gradient[j]) < 5 * spread / std::sqrt(kRepeats));
    CHECK(5 * spread / std::sqrt(kRepeats) < gradient.norm());
  }
  CHECK(source.episode_count() == kRepeats * 64);
  CHECK(training.episode_count() == 0);
}

TEST_CASE("slopes that cannot be are refused") {
  Exact source;
  Context context;
  const auto slopes = [&](const PopulationSlopesOptions& options) {
    return population_slopes(source, policy(), Perturbation<double>(kPairs), {.bound = 0}, context, options);
  };
  CHECK_THROWS_WITH(slopes({.populations = 0}), Catch::Matchers::Contains("populations >= 1, got 0"));
  CHECK_THROWS_WITH(slopes({.policies = 0}), Catch::Matchers::Contains("policies >= 1, got 0"));
  CHECK_THROWS_WITH(slopes({.survival_bonus = std::nan("")}), Catch::Matchers::Contains("a finite survival_bonus"));
}
