// SPDX-License-Identifier: MIT
#include "vantage/env/action_delay.hpp"

#include <array>

#include "catch.hpp"
#include "counter.hpp"
#include "integrator.hpp"
#include "switchboard.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/env/pendulum.hpp"

using namespace vantage;
using vantage::testing::Bare;
using vantage::testing::Counter;
using vantage::testing::Integrator;
using vantage::testing::push;
using vantage::testing::respond;
using vantage::testing::resumes;

static_assert(TangentEnvironment<ActionDelay<Pendulum>> && HasRewardTerms<ActionDelay<Pendulum>>);
static_assert(Environment<ActionDelay<Bare>> && !StatefulEnvironment<ActionDelay<Bare>> &&
              !HasRewardTerms<ActionDelay<Bare>>);

TEST_CASE("an integrator sums what was said a delay ago") {
  for (const Index delay : {0, 1, 2, 5}) {
    ActionDelay world{Integrator{}, delay};
    CHECK(world.delay() == delay);
    const std::vector<double> actions{1, 2, 4, 8, -3, 5, 7, 0, 0, 6};
    for (int episode = 0; episode < 2; ++episode) {
      const std::vector<double> seen = respond(world, actions);
      double sum = 0;
      for (Index t = 0; t < 10; ++t) {
        if (t >= delay) sum += actions[static_cast<std::size_t>(t - delay)];
        CHECK(seen[static_cast<std::size_t>(t)] == sum);
      }
    }
  }
}

TEST_CASE("before the first action arrives, a given one acts, or the nearest to none") {
  ActionDelay given{Integrator{}, {.low = 2, .high = 2, .first = {3}}};
  CHECK(respond(given, {1, 1, 1, 1}) == std::vector<double>{3, 6, 7, 8});
  // zero is not among the actions
  ActionDelay clipped{Integrator{}.bounded(0.5, 2), 3};
  CHECK(respond(clipped, {1, 1, 1, 1}) == std::vector<double>{0.5, 1, 1.5, 2.5});
  ActionDelay both{Integrator{2}, {.low = 1, .high = 1, .first = {3, -4}}};
  Rng rng(1);
  Vector<double> observation(2);
  both.reset(rng, observation);
  both.step(Vector<double>{{1, 2}}, observation);
  CHECK(observation == Vector<double>{{3, -4}});
  both.step(Vector<double>{{1, 2}}, observation);
  CHECK(observation == Vector<double>{{4, -2}});
}

TEST_CASE("a delayed action is paid when it acts, and ends pass through") {
  ActionDelay world{Counter{.last = 5, .cut = 3}, 1};
  Rng rng(1);
  Vector<double> observation(2);
  world.reset(rng, observation);
  CHECK(world.step(push(0.5), observation).reward == 1);
  CHECK(world.step(push(0), observation).reward == 2 + 5);
  CHECK(world.reward_terms()[1] == 5);
  StepResult result = world.step(push(0), observation);
  CHECK((result.truncated && !result.terminated));
  world.step(push(0), observation);
  CHECK(world.step(push(0), observation).terminated);
  CHECK(world.spec().max_episode_steps == 10);
  CHECK(world.spec().observation_size == 2);
  CHECK(world.spec().reward_terms.size() == 2);
}

TEST_CASE("a delay that is drawn is uniform, lasts an episode, and follows from the stream of the reset") {
  ActionDelay world{Integrator{}, {.low = 1, .high = 4}};
  Rng rng(7);
  Vector<double> observation(1);
  std::array<int, 5> counts{};
  const int episodes = 4000;
  for (int i = 0; i < episodes; ++i) {
    world.reset(rng, observation);
    const Index delay = world.delay();
    ++counts.at(static_cast<std::size_t>(delay));
    if (i % 100 != 0) continue;
    for (Index t = 0; t < 6; ++t) {
      world.step(push(1), observation);
      CHECK(observation[0] == static_cast<double>(std::max<Index>(0, t + 1 - delay)));
      CHECK(world.delay() == delay);
    }
  }
  // binomial, each beyond 4.9 standard deviations once in 10^6
  CHECK(counts[0] == 0);
  for (std::size_t i = 1; i < 5; ++i)
    CHECK(std::abs(counts[i] - episodes / 4.0) < 4.9 * std::sqrt(episodes * 3 / 16.0));

  // the start of the environment inside is the one it has without delay, and a fixed delay draws nothing
  Integrator plain;
  plain.start = 1;
  ActionDelay drawn{plain, {.low = 0, .high = 3}};
  ActionDelay fixed{plain, 3};
  Rng a(5), b(5), c(5);
  Vector<double> one(1), two(1), three(1);
  plain.reset(a, one);
  drawn.reset(b, two);
  fixed.reset(c, three);
  CHECK(one == two);
  CHECK(one == three);
  CHECK(a == c);
  CHECK_FALSE(a == b);
}

TEST_CASE("discrete actions are delayed as they are") {
  ActionDelay world{Integrator{1, 1, 3}, {.low = 2, .high = 2, .first = {1}}};
  CHECK(world.spec().is_discrete());
  CHECK(respond(world, {2, 0, 2, 2}) == std::vector<double>{1, 2, 4, 4});
  // the first of them where none is given
  ActionDelay zero{Integrator{1, 1, 3}, 2};
  CHECK(respond(zero, {2, 0, 2, 2}) == std::vector<double>{0, 0, 2, 2});
  CHECK(zero.tangent_size() == 1);
  check_environment(ActionDelay{CartPole{}, {.low = 0, .high = 3}});
}

TEST_CASE("what is on its way is part of the state, and can be moved") {
  check_environment(ActionDelay{Pendulum{}, {.low = 0, .high = 5}});
  Integrator wandering{2};
  wandering.start = 1;
  CHECK(resumes(ActionDelay{wandering, {.low = 0, .high = 5}}, ActionDelay{wandering, {.low = 0, .high = 5}}));

  ActionDelay world{Integrator{}, {.low = 0, .high = 3}};
  CHECK(world.state_size() == 2 + 3 + 1);
  CHECK(world.tangent_size() == 1 + 3);
  Vector<double> state(6);
  world.save_state(state);
  state[5] = 4;
  CHECK_THROWS_WITH(world.load_state(state), "ActionDelay: expected a state with a delay of low to high, got 4");
  state[5] = 1.5;
  CHECK_THROWS_AS(world.load_state(state), std::invalid_argument);
  CHECK_THROWS_AS(world.load_state(Vector<double>::Zero(2)), std::invalid_argument);
}

TEST_CASE("impossible delays are refused") {
  CHECK_THROWS_WITH((ActionDelay{Integrator{}, -1}), "ActionDelay: expected low >= 0, got -1");
  CHECK_THROWS_WITH((ActionDelay{Integrator{}, {.low = 2, .high = 1}}), "ActionDelay: expected high >= low, got 1");
  CHECK_THROWS_AS((ActionDelay{Integrator{}, {.first = {11}}}), std::invalid_argument);
  CHECK_THROWS_AS((ActionDelay{Integrator{}, {.first = {1, 1}}}), std::invalid_argument);
}

TEST_CASE("several discrete actions are delayed, but not under a mask, which speaks of now") {
  ActionDelay<Switchboard> late(Switchboard(false), ActionDelayOptions{.low = 1, .high = 1, .first = {2, 1}});
  Rng rng(1), same(1);
  Vector<double> seen(6), expected(6);
  late.reset(rng, seen);
  Switchboard plain(false);
  plain.reset(same, expected);
  CHECK(late.step(Vector<double>{{0, 0}}, seen).reward == plain.step(Vector<double>{{2, 1}}, expected).reward);
  CHECK(late.step(Vector<double>{{1, 1}}, seen).reward == plain.step(Vector<double>{{0, 0}}, expected).reward);
  CHECK_THROWS_AS(ActionDelay<Switchboard>(Switchboard(false), ActionDelayOptions{.first = {2, 2}}),
                  std::invalid_argument);
  CHECK_THROWS_WITH(ActionDelay<Switchboard>(Switchboard(), 1), Catch::Matchers::Contains("always allowed"));
}
