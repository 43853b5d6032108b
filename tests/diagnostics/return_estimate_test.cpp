// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/return_estimate.hpp"

#include "catch.hpp"
#include "vantage/diagnostics/landscape.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/tabular/linear_quadratic_environment.hpp"
#include "vantage/tabular/linear_quadratic_gradient.hpp"

using namespace vantage;
using Policy = GaussianPolicy<double>;

namespace {

constexpr Index kHorizon = 8;

// returns are not discounted: a gamma of 1, but for what validate refuses
const LinearQuadratic kProblem{.transition = Matrix<double>{{0.9, 0.2}, {0, 0.8}},
                               .control = Matrix<double>{{0}, {0.5}},
                               .state_cost = Matrix<double>{{1, 0}, {0, 0.1}},
                               .control_cost = Matrix<double>{{1}},
                               .noise = Matrix<double>{{0.01, 0}, {0, 0.02}},
                               .start = Matrix<double>{{1, 0.3}, {0.3, 0.5}},
                               .gamma = 1 - 0x1p-40};

const LinearGaussian kPolicy{Matrix<double>{{-0.5, -0.3}}, Vector<double>::Constant(1, 0.3)};

auto source() {
  const LinearQuadraticEnvironment world(kProblem, kHorizon);
  return Collector<LinearQuadraticEnvironment>(VectorEnvironment<LinearQuadraticEnvironment>(world, {.count = 1}),
                                               {.normalize_observations = false, .gamma = 0.5});
}

// along the gradient, and a random direction that leaves the bias alone
LandscapePlane plane() {
  LandscapePlane result{gaussian_policy<double>(kPolicy).parameters(), Vector<double>::Zero(4),
                        random_direction(4, 0.6, 3)};
  const LinearGaussian gradient = evaluate_horizon(kProblem, kPolicy, kHorizon).gradient;
  result.first << gradient.gain.transpose(), 0, gradient.log_std;
  result.first = with_norm(result.first, 0.3);
  result.second[2] = 0;
  return result;
}

auto estimator(const auto& worlds, Context& context, const ReturnEstimateOptions& options) {
  return at_parameters(gaussian_policy<double>(kPolicy), [&, options](const Policy& policy, Index point) {
    const ReturnEstimate result = estimate_return(worlds, policy, context, options, point);
    return Vector<double>{{result.mean, result.standard_error, static_cast<double>(result.episodes)}};
  });
}

Landscape grid() {
  return landscape_grid(Vector<double>{{0, 1, 2}}, Vector<double>{{-1, 0, 1}}, {"return", "error", "episodes"});
}

}  // namespace

TEST_CASE("returns over a plane of linear-quadratic policies are those of the closed form") {
  const auto worlds = source();
  Context context({.threads = 2});
  for (const bool common : {false, true}) {
    Landscape landscape = grid();
    measure_landscape<double>(
        plane(), landscape,
        estimator(worlds, context, {.episodes = 250, .steps = 501 * kHorizon, .common_random_numbers = common}));
    for (Index point = 0; point < landscape.size(); ++point) {
      const Vector<double> theta = plane().at<double>(landscape.x_of(point), landscape.y_of(point));
      const double exact = evaluate_horizon(kProblem, linear_gaussian(theta, 2, 1), kHorizon).objective;
      INFO("point " << point << ", return " << landscape.values(point, 0) << ", exact " << exact);
      CHECK(std::abs(landscape.values(point, 0) - exact) < 4.5 * landscape.values(point, 1));
      CHECK(landscape.values(point, 1) < 0.1 * std::abs(exact));
      // 501 episodes are asked for, and 250 are played at once
      CHECK(landscape.values(point, 2) == 750);
    }
  }
}

TEST_CASE("the mode of a policy earns what the policy without noise does") {
  const auto worlds = source();
  Context context;
  const ReturnEstimate result =
      estimate_return(worlds, gaussian_policy<double>(kPolicy), context, {.episodes = 400, .deterministic = true});
  const LinearGaussian silent{kPolicy.gain, Vector<double>::Constant(1, -50)};
  const double exact = evaluate_horizon(kProblem, silent, kHorizon).objective;
  CHECK(std::abs(result.mean - exact) < 4.5 * result.standard_error);
  CHECK(exact - evaluate_horizon(kProblem, kPolicy, kHorizon).objective > 20 * result.standard_error);
}

TEST_CASE("points depend on their number, not on their order or the threads; or all draw the same") {
  const auto worlds = source();
  Context one({.threads = 1}), three({.threads = 3});
  Landscape there = grid(), back = grid();
  const ReturnEstimateOptions options{.episodes = 5, .steps = 50};
  measure_landscape<double>(plane(), there, estimator(worlds, one, options));
  const auto measure = estimator(worlds, three, options);
  for (Index point = back.size(); point-- > 0;) {
    auto copy = measure;
    measure_point<double>(plane(), back, point, copy);
  }
  CHECK(there.values == back.values);

  const Policy policy = gaussian_policy<double>(kPolicy);
  const auto at = [&](Index point, bool common, std::uint64_t seed = 1) {
    return estimate_return(worlds, policy, one, {.episodes = 5, .seed = seed, .common_random_numbers = common}, point)
        .mean;
  };
  CHECK(at(0, true) == at(7, true));
  CHECK(at(0, false) != at(7, false));
  CHECK(at(0, true) != at(0, true, 2));
  CHECK(at(0, true) != at(0, false));
  // more rounds begin with the same episodes
  const ReturnEstimate longer =
      estimate_return(worlds, policy, one, {.episodes = 5, .steps = 41, .common_random_numbers = true});
  CHECK(longer.episodes == 10);
  CHECK(longer.steps == 80);
  CHECK(longer.mean != at(0, true));

  CHECK_THROWS_AS(estimate_return(worlds, policy, one, {.episodes = 1}), std::invalid_argument);
  CHECK_THROWS_AS(estimate_return(worlds, policy, one, {.steps = -1}), std::invalid_argument);
  CHECK_THROWS_AS(estimate_return(worlds, policy, one, {}, -1), std::invalid_argument);
}
