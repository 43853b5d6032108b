// SPDX-License-Identifier: MIT
#include "vantage/env/observation_noise.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "counter.hpp"
#include "integrator.hpp"
#include "switchboard.hpp"
#include "vantage/env/action_delay.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/env/pendulum.hpp"

using namespace vantage;
using vantage::testing::Bare;
using vantage::testing::Counter;
using vantage::testing::Integrator;
using vantage::testing::kolmogorov;
using vantage::testing::push;
using vantage::testing::resumes;

static_assert(TangentEnvironment<ObservationNoise<Pendulum>> && HasRewardTerms<ObservationNoise<Pendulum>>);
static_assert(Environment<ObservationNoise<Bare>> && !StatefulEnvironment<ObservationNoise<Bare>>);

namespace {

double uniform(double x) { return std::clamp(0.5 * (x + 1), 0.0, 1.0); }
double gaussian(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// n times the noise of both components, in a world that shows (t, -t)
template <class World>
std::pair<std::vector<double>, std::vector<double>> noise_of(World& world, int n) {
  std::vector<double> first, second;
  Vector<double> observation(2);
  for (int t = 1; t <= n; ++t) {
    world.step(push(0), observation);
    CHECK(world.clean_observation()[0] == t);
    first.push_back(observation[0] - t);
    second.push_back(observation[1] + t);
  }
  return {first, second};
}

double correlation(const std::vector<double>& a, const std::vector<double>& b, std::size_t lag) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i + lag < a.size(); ++i) {
    ab += a[i] * b[i + lag];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace

TEST_CASE("noise has the distribution it says, in each component and from step to step") {
  const int n = 20'000;
  ObservationNoise world{Counter{.last = 1 << 30}, {.normal = {0.5, 0}, .uniform = {0, 0.25}}};
  Rng rng(1);
  Vector<double> observation(2);
  world.reset(rng, observation);
  auto [first, second] = noise_of(world, n);
  for (double& x : first) x /= 0.5;
  for (double& x : second) x /= 0.25;
  // each of these fails once in 10^6 sets of seeds
  CHECK(kolmogorov(first, gaussian) < 2.7);
  CHECK(kolmogorov(second, uniform) < 2.7);
  double variance = 0;
  for (const double x : first) variance += x * x / n;
  CHECK(std::abs(variance - 1) < 4.9 * std::sqrt(2.0 / n));
  const double limit = 4.9 / std::sqrt(n);
  CHECK(std::abs(correlation(first, first, 1)) < limit);
  CHECK(std::abs(correlation(second, second, 1)) < limit);
  CHECK(std::abs(correlation(first, second, 0)) < limit);
  CHECK(std::abs(correlation(first, second, 1)) < limit);

  // the two of them in one component add up: their variances do
  ObservationNoise both{Counter{.last = 1 << 30}, {.normal = {0.3}, .uniform = {0.6}}};
  both.reset(rng, observation);
  const std::vector<double> sum = noise_of(both, n).first;
  double square = 0, fourth = 0;
  for (const double x : sum) square += x * x / n;
  // E x^4 = 3 s^4 + 6 s^2 h^2 / 3 + h^4 / 5
  fourth = 3 * std::pow(0.3, 4) + 6 * 0.09 * 0.12 + std::pow(0.6, 4) / 5;
  CHECK(std::abs(square - (0.09 + 0.12)) < 4.9 * std::sqrt((fourth - 0.21 * 0.21) / n));
}

TEST_CASE("a bias is uniform over episodes and lasts one") {
  ObservationNoise world{Counter{}, {.bias = {0.5, 2}}};
  Rng rng(2);
  Vector<double> observation(2);
  std::vector<double> first, second;
  for (int i = 0; i < 4000; ++i) {
    world.reset(rng, observation);
    const Vector<double> bias = world.bias();
    CHECK(observation == bias);
    for (int t = 1; t < 4; ++t) {
      world.step(push(0), observation);
      CHECK(observation == Vector<double>{{t + bias[0], -t + bias[1]}});
    }
    first.push_back(bias[0] / 0.5);
    second.push_back(bias[1] / 2);
  }
  // each of these fails once in 10^6 sets of seeds
  CHECK(kolmogorov(first, uniform) < 2.7);
  CHECK(kolmogorov(second, uniform) < 2.7);
  CHECK(std::abs(correlation(first, second, 0)) < 4.9 / std::sqrt(4000));
  CHECK(std::abs(correlation(first, first, 1)) < 4.9 / std::sqrt(4000));
}

TEST_CASE("what is clean, paid and ends is that of the environment inside") {
  ObservationNoise world{Pendulum{}, {.normal = {0.1}, .bias = {0.2}}};
  Pendulum plain;
  Rng rng(1), same(1);
  Vector<double> seen(3), clean(3);
  world.reset(rng, seen);
  plain.reset(same, clean);
  CHECK(world.spec().observation_size == 3);
  for (int t = 0; t < 50; ++t) {
    CHECK(world.clean_observation() == clean);
    CHECK((seen - clean).norm() > 0);
    CHECK((seen - clean).norm() < 3);
    CHECK(world.step(push(0.3), seen).reward == plain.step(push(0.3), clean).reward);
  }
  ObservationNoise cut{Counter{.last = 3, .cut = 2}, {.normal = {1}}};
  Vector<double> observation(2);
  cut.reset(rng, observation);
  CHECK_FALSE(cut.step(push(0), observation).truncated);
  const StepResult result = cut.step(push(0.5), observation);
  CHECK((result.truncated && !result.terminated));
  CHECK(result.reward == 7);
  CHECK(cut.reward_terms()[1] == 5);
  CHECK(cut.step(push(0), observation).terminated);
}

TEST_CASE("a critic may see the truth behind the noise, through other wrappers too") {
  ActionDelay world{ObservationNoise{Counter{}, {.normal = {1}, .critic_sees_truth = true}}, 1};
  CHECK(world.spec().critic_observation_size == 2);
  Rng rng(1);
  Vector<double> observation(2);
  world.reset(rng, observation);
  world.step(push(0), observation);
  CHECK(observation[0] != 1);
  CHECK(world.critic_observation()[0] == 1);
  CHECK(world.critic_observation()[1] == -1);
  CHECK(check_environment(world).faults == 0);
  // else it is shown what the one inside shows: here nothing
  const ObservationNoise blind{Counter{}, {.normal = {1}}};
  CHECK(blind.spec().critic_observation_size == 0);
  CHECK(blind.critic_observation().empty());
  CHECK_THROWS_WITH((ObservationNoise{world, {.critic_sees_truth = true}}),
                    Catch::Matchers::Contains("an environment inside that shows a critic nothing itself"));
}

TEST_CASE("without noise an observation is what it was") {
  ObservationNoise world{Pendulum{}, {}};
  Rng rng(1);
  Vector<double> seen(3);
  world.reset(rng, seen);
  CHECK(seen == world.clean_observation());
  world.step(push(1), seen);
  CHECK(seen == world.clean_observation());
}

TEST_CASE("the noise follows from the stream of the reset, and is another in each episode") {
  ObservationNoise a{Counter{}, {.normal = {1}}}, b = a;
  Rng one(1), two(1);
  Vector<double> x(2), y(2), z(2);
  a.reset(one, x);
  b.reset(two, y);
  CHECK(x == y);
  a.step(push(0), x);
  b.step(push(0.9), y);
  CHECK(x == y);
  a.reset(one, z);
  CHECK(z != x);
  // one number beside those that the environment inside draws
  Rng expected(1);
  expected();
  expected();
  CHECK(two == expected);
}

TEST_CASE("the noise's stream, the bias and the clean observation are part of the state") {
  const ObservationNoise world{Pendulum{}, {.normal = {0.1, 0.2, 0.3}, .uniform = {0.1}, .bias = {1}}};
  check_environment(world);
  CHECK(resumes(world, world));
  CHECK(world.tangent_size() == 2);
  ObservationNoise from = world, to = world;
  Rng rng(1);
  Vector<double> observation(3), state(world.state_size());
  from.reset(rng, observation);
  from.step(push(0.4), observation);
  from.save_state(state);
  to.load_state(state);
  CHECK(to.clean_observation() == from.clean_observation());
  CHECK(to.bias() == from.bias());
}

TEST_CASE("impossible noise is refused") {
  const auto noisy = [](const ObservationNoiseOptions& options) { return ObservationNoise{Counter{}, options}; };
  CHECK_THROWS_WITH(noisy({.normal = {-1}}), "ObservationNoise: expected normal of finite numbers >= 0, got -1");
  CHECK_THROWS_WITH(noisy({.uniform = {1, 2, 3}}),
                    "ObservationNoise: expected uniform of one number for all or of 2, got 3");
  CHECK_THROWS_AS(noisy({.bias = {std::numeric_limits<double>::infinity()}}), std::invalid_argument);
  CHECK_THROWS_AS(noisy({.bias = {1, std::numeric_limits<double>::quiet_NaN()}}), std::invalid_argument);
}

TEST_CASE("a mask of actions stays as it is") {
  ObservationNoise<Switchboard> noisy(Switchboard(), {.normal = {0.5}, .uniform = {0.5}, .bias = {0.5}});
  Rng rng(1);
  Vector<double> seen(6);
  for (int i = 0; i < 5; ++i) {
    noisy.reset(rng, seen);
    CHECK(seen.tail(5) == Vector<double>(noisy.clean_observation().tail(5)));
    CHECK(seen[0] != noisy.clean_observation()[0]);
  }
}
