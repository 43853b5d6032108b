// SPDX-License-Identifier: MIT
#include "vantage/env/observation_history.hpp"

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
using vantage::testing::resumes;

static_assert(TangentEnvironment<ObservationHistory<Pendulum>> && HasRewardTerms<ObservationHistory<Pendulum>>);
static_assert(Environment<ObservationHistory<Bare>> && !StatefulEnvironment<ObservationHistory<Bare>>);

TEST_CASE("the last observations are shown, the oldest first") {
  ObservationHistory world{Counter{.last = 5, .cut = 3}, {.observations = 3}};
  CHECK(world.spec().observation_size == 6);
  CHECK(world.spec().max_episode_steps == 10);
  CHECK(world.environment().spec().observation_size == 2);
  Rng rng(1);
  Vector<double> observation(6);
  for (int episode = 0; episode < 2; ++episode) {
    world.reset(rng, observation);
    CHECK(observation == Vector<double>{{0, 0, 0, 0, 0, 0}});
    StepResult result = world.step(push(0.5), observation);
    CHECK(observation == Vector<double>{{0, 0, 0, 0, 1, -1}});
    CHECK(result.reward == 6);
    CHECK(world.reward_terms()[1] == 5);
    world.step(push(0), observation);
    CHECK(observation == Vector<double>{{0, 0, 1, -1, 2, -2}});
    CHECK(world.step(push(0), observation).truncated);
    CHECK(observation == Vector<double>{{1, -1, 2, -2, 3, -3}});
    world.step(push(0), observation);
    CHECK(world.step(push(0), observation).terminated);
  }
}

TEST_CASE("the first observation fills the history") {
  Integrator inside{2};
  inside.start = 1;
  ObservationHistory world{inside, {.observations = 3, .actions = 2}};
  Rng rng(1), same(1);
  Vector<double> observation(10), first(2);
  world.reset(rng, observation);
  world.step(Vector<double>{{3, 4}}, observation);
  world.reset(rng, observation);
  for (int i = 0; i < 2; ++i) inside.reset(same, first);
  CHECK(rng == same);
  CHECK(first.norm() > 0);
  CHECK(observation == (Vector<double>(10) << first, first, first, Vector<double>::Zero(4)).finished());
}

TEST_CASE("the last actions stand behind the observations, the oldest first") {
  ObservationHistory world{Integrator{2}, {.observations = 1, .actions = 3}};
  CHECK(world.spec().observation_size == 2 + 6);
  CHECK(world.spec().action_size() == 2);
  Rng rng(1);
  Vector<double> observation(8);
  world.reset(rng, observation);
  world.step(Vector<double>{{1, 2}}, observation);
  CHECK(observation == Vector<double>{{1, 2, 0, 0, 0, 0, 1, 2}});
  world.step(Vector<double>{{3, 4}}, observation);
  CHECK(observation == Vector<double>{{4, 6, 0, 0, 1, 2, 3, 4}});
  world.step(Vector<double>{{5, 6}}, observation);
  world.step(Vector<double>{{7, 8}}, observation);
  CHECK(observation == Vector<double>{{16, 20, 3, 4, 5, 6, 7, 8}});
}

TEST_CASE("only each n-th one is shown, counted back from the newest") {
  ObservationHistory world{Integrator{}, {.observations = 3, .actions = 2, .every = 3}};
  CHECK(world.spec().observation_size == 5);
  Rng rng(1);
  Vector<double> observation(5);
  world.reset(rng, observation);
  // action t is t, so x after it is t (t + 1) / 2
  const auto x = [](int t) { return t < 0 ? 0.0 : t * (t + 1) / 2.0; };
  for (int t = 1; t < 20; ++t) {
    world.step(push(t), observation);
    CHECK(observation == Vector<double>{{x(t - 6), x(t - 3), x(t), std::max(0.0, t - 3.0), static_cast<double>(t)}});
  }
}

TEST_CASE("one observation and no action is the environment inside") {
  ObservationHistory world{Pendulum{}, {.observations = 1}};
  Pendulum plain;
  Rng rng(1), same(1);
  Vector<double> a(3), b(3);
  world.reset(rng, a);
  plain.reset(same, b);
  CHECK(a == b);
  for (int t = 0; t < 10; ++t) {
    CHECK(world.step(push(1.5), a).reward == plain.step(push(1.5), b).reward);
    CHECK(a == b);
  }
}

TEST_CASE("a discrete action is shown as the one of several") {
  ObservationHistory world{Integrator{1, 1, 3}, {.observations = 1, .actions = 2}};
  CHECK(world.spec().observation_size == 1 + 6);
  CHECK(world.spec().is_discrete());
  Rng rng(1);
  Vector<double> observation(7);
  world.reset(rng, observation);
  CHECK(observation.isZero(0));
  world.step(push(2), observation);
  CHECK(observation == Vector<double>{{2, 0, 0, 0, 0, 0, 1}});
  world.step(push(0), observation);
  CHECK(observation == Vector<double>{{2, 0, 0, 1, 1, 0, 0}});
  CHECK(world.tangent_size() == 1 + 1);
  CHECK_THROWS_AS(world.step(push(3), observation), std::invalid_argument);
  check_environment(ObservationHistory{CartPole{}, {.observations = 2, .actions = 2}});
}

TEST_CASE("a history is part of the state") {
  const ObservationHistory world{Pendulum{}, {.observations = 3, .actions = 2, .every = 2}};
  check_environment(world);
  CHECK(world.state_size() == 2 + 5 * 3 + 3);
  CHECK(world.tangent_size() == world.state_size());
  CHECK(resumes(world, world));
}

TEST_CASE("impossible histories are refused") {
  CHECK_THROWS_WITH((ObservationHistory{Counter{}, {.observations = 0}}),
                    "ObservationHistory: expected observations >= 1, got 0");
  CHECK_THROWS_AS((ObservationHistory{Counter{}, {.actions = -1}}), std::invalid_argument);
  CHECK_THROWS_AS((ObservationHistory{Counter{}, {.every = 0}}), std::invalid_argument);
}

TEST_CASE("several actions are shown one after the other, and the mask is the newest observation's") {
  ObservationHistory<Switchboard> history(Switchboard(), {.observations = 2, .actions = 1});
  CHECK(history.spec().observation_size == 2 * 6 + 5);
  CHECK(history.spec().mask_row == 7);
  Rng rng(1), same(1);
  Vector<double> seen(17), first(6), second(6);
  history.reset(rng, seen);
  Switchboard plain;
  plain.reset(same, first);
  CHECK(seen.head(6) == first);
  const Vector<double> action{{2, 1}};
  history.step(action, seen);
  plain.step(action, second);
  CHECK(seen.head(6) == first);
  CHECK(seen.segment(6, 6) == second);
  CHECK(seen.tail(5) == Vector<double>{{0, 0, 1, 0, 1}});
  CHECK_NOTHROW(check_environment(history));
}
