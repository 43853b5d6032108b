// SPDX-License-Identifier: MIT
#include "vantage/tabular/doubling_map.hpp"

#include "catch.hpp"
#include "tabular/worlds.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/value/no_value.hpp"

using namespace vantage;

static_assert(StatefulEnvironment<DoublingMap>);

namespace {

// discounted return of one orbit without noise, by steps of the world
double orbit(const DoublingMapOptions& options, double theta) {
  DoublingMap world(options);
  Rng rng;
  Vector<double> observation(2);
  world.reset(rng, observation);
  double sum = 0;
  double discount = 1;
  for (Index t = 0; t < options.steps; ++t) {
    sum += discount * world.step(Vector<double>::Constant(1, theta), observation).reward;
    discount *= options.gamma;
  }
  return sum;
}

}  // namespace

TEST_CASE("the doubling map is an environment") {
  check_environment(DoublingMap({.steps = 30}));
  CHECK(DoublingMap({.steps = 30}).spec().max_episode_steps == 30);
  CHECK_THROWS_AS(DoublingMap({.steps = 0}), std::invalid_argument);
  CHECK_THROWS_AS(DoublingMap({.gamma = 1.1}), std::invalid_argument);
  CHECK_THROWS_AS(DoublingMap({.start = std::nan("")}), std::invalid_argument);
}

TEST_CASE("objective and gradient with noise are the known numbers") {
  const DoublingMap world({.start = 0.2, .gamma = 0.9, .steps = 12});
  CHECK(world.objective(0.13, 0.05) == Approx(-0.5517888849359919).epsilon(1e-13));
  CHECK(world.gradient(0.13, 0.05) == Approx(-10.123351619908808).epsilon(1e-13));
}

TEST_CASE("the closed form is the return of the orbit, after hundreds of steps too") {
  Rng rng(1);
  for (const Index steps : {1, 12, 60, 400}) {
    for (int i = 0; i < 20; ++i) {
      const DoublingMapOptions options{.start = rng.uniform(), .gamma = 0.99, .steps = steps};
      const double theta = rng.uniform(-2, 2);
      REQUIRE(DoublingMap(options).objective(theta) == Approx(orbit(options, theta)).margin(1e-11));
    }
  }
  // in the end the bits are used up: the phase rests at -theta
  const auto paid = [](Index steps) { return orbit({.start = 0.2, .gamma = 1, .steps = steps}, 0.13); };
  CHECK(paid(65) - paid(64) == Approx(std::cos(2 * std::numbers::pi * 0.13)).epsilon(1e-12));
  CHECK(std::abs(paid(41) - paid(40) - std::cos(2 * std::numbers::pi * 0.13)) > 1e-3);
}

TEST_CASE("the gradient is that of finite differences") {
  for (const double sigma : {0.0, 0.02, 0.2}) {
    const DoublingMap world({.steps = 9});
    for (const double theta : {-0.6, 0.13, 3.4}) {
      const double h = 1e-7;
      const double slope = (world.objective(theta + h, sigma) - world.objective(theta - h, sigma)) / (2 * h);
      CHECK(world.gradient(theta, sigma) == Approx(slope).epsilon(1e-4).margin(1e-4));
    }
  }
  // far steps are damped to nothing, not to infinity times nothing
  CHECK(std::isfinite(DoublingMap({.steps = 3000}).gradient(0.13, 0.05)));
  CHECK(DoublingMap({.steps = 3000}).gradient(0.13, 0.05) == Approx(DoublingMap({.steps = 40}).gradient(0.13, 0.05)));
}

TEST_CASE("neighbouring phases part by log 2 a step, and the objective has the Hoelder exponent") {
  CHECK(DoublingMap::lyapunov_exponent() == Approx(std::log(2)));
  // the growth of a difference that starts at 2^-40 turns
  DoublingMap one({.start = 0.2});
  DoublingMap two({.start = 0.2 + std::ldexp(1, -40)});
  Rng rng;
  Vector<double> x(2);
  Vector<double> y(2);
  one.reset(rng, x);
  two.reset(rng, y);
  for (int t = 0; t < 30; ++t) {
    one.step(Vector<double>::Constant(1, 0.13), x);
    two.step(Vector<double>::Constant(1, 0.13), y);
  }
  const double first = 2 * std::numbers::pi * std::ldexp(1, -40);
  CHECK(std::log((x - y).norm() / first) / 30 == Approx(std::log(2)).epsilon(1e-3));

  // E |J(theta + h) - J(theta)|^2 ~ h^(2 alpha) for h between 2^-T and 1
  for (const double gamma : {0.9, 0.8, 0.7, 0.6}) {
    const DoublingMap world({.gamma = gamma, .steps = 52});
    CHECK(world.hoelder_exponent() == Approx(-std::log2(gamma)));
    const auto variation = [&](double h) {
      double sum = 0;
      for (int i = 0; i < 2000; ++i) {
        const double theta = rng.uniform();
        sum += std::pow(world.objective(theta + h) - world.objective(theta), 2);
      }
      return sum / 2000;
    };
    const double slope = std::log2(variation(std::ldexp(1, -8)) / variation(std::ldexp(1, -24))) / 16;
    CHECK(0.5 * slope == Approx(-std::log2(gamma)).epsilon(0.05));
  }
  CHECK(DoublingMap({.gamma = 0.4}).hoelder_exponent() == 1);
}

TEST_CASE("sampled returns and score gradients have the closed-form means") {
  const DoublingMap world({.start = 0.2, .gamma = 0.9, .steps = 12});
  const double sigma = 0.05;
  Context context;
  Rng rng(1);
  GaussianPolicy<double> policy(2, 1, {.hidden = {}}, rng);
  policy.parameters() << 0, 0, 0.13, std::log(sigma);
  const Index episodes = 200;
  Collector source(VectorEnvironment(world, {.count = episodes, .action_map = ActionMap::none}),
                   {.steps = 12, .normalize_observations = false});
  Batch<double> batch;
  AdvantageEstimate<double> estimate;
  Vector<double> gradient(4);
  double sums[2] = {};
  double squares[2] = {};
  const int groups = 200;
  for (int group = 0; group < groups; ++group) {
    source.collect(policy, context, batch);
    Gae{.gamma = 0.9, .lambda = 1}(batch, NoValue<double>{}, context, estimate);
    const double objective = estimate.advantages.head(episodes).mean();
    policy.score_gradient(
        batch.observations, batch.actions,
        [&](Index start, const auto& log_probs, auto&& weights) {
          for (Index n = start; n < start + log_probs.size(); ++n) {
            const Index t = n / episodes;
            const double discount = std::pow(0.9, static_cast<double>(t));
            weights[n - start] = discount * estimate.advantages[n] / static_cast<double>(episodes);
          }
        },
        context, gradient);
    sums[0] += objective;
    squares[0] += objective * objective;
    sums[1] += gradient[2];
    squares[1] += gradient[2] * gradient[2];
  }
  CHECK(std::abs(z_score(sums[0], squares[0], groups, world.objective(0.13, sigma))) < 4.5);
  CHECK(std::abs(z_score(sums[1], squares[1], groups, world.gradient(0.13, sigma))) < 4.5);
  // the test would notice a gradient of 0
  CHECK(std::abs(z_score(sums[1], squares[1], groups, 0)) > 6);
}
