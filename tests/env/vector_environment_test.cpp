// SPDX-License-Identifier: MIT
#include "vantage/env/vector_environment.hpp"

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "switchboard.hpp"
#include "vantage/io/archive.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

const Vector<double> kStay = Vector<double>::Zero(1);

/// Shows and pays the action it was given.
struct Echo {
  EnvironmentSpec spec_;
  explicit Echo(Index discrete_actions) {
    spec_.name = "echo";
    spec_.observation_size = 1;
    spec_.discrete_actions = discrete_actions;
    if (discrete_actions == 0) {
      spec_.action_low = Vector<double>::Constant(1, -1);
      spec_.action_high = Vector<double>::Constant(1, 1);
    }
  }
  [[nodiscard]] const EnvironmentSpec& spec() const { return spec_; }
  void reset(Rng&, VectorRef<double> observation) { observation[0] = -1; }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    // an environment that swallows what is not a number
    observation[0] = std::isfinite(action[0]) ? action[0] : 0;
    return {observation[0], false, false};
  }
};

template <class S>
Vector<S> one(S value) {
  return Vector<S>::Constant(1, value);
}

}  // namespace

TEST_CASE("the time limit truncates, shows the true successor and starts anew") {
  VectorEnvironment<Walk> environments(Walk({.limit = 3}), {.count = 2});
  const double x = environments.observation(1)[0];
  for (int n = 1; n <= 3; ++n) {
    const Transition step = environments.step<double>(1, kStay);
    CHECK_FALSE(step.terminated);
    CHECK(step.truncated == (n == 3));
    CHECK(step.ended() == (n == 3));
    CHECK(Vector<double>(environments.successor(1)) == Vector<double>{{x, static_cast<double>(n)}});
    CHECK(environments.observation(1)[1] == (n == 3 ? 0 : n));
  }
  CHECK(environments.observation(1)[0] != x);
  // the other one has not moved
  CHECK(environments.observation(0)[1] == 0);
}

TEST_CASE("an end of the task's own at the time limit is no truncation") {
  VectorEnvironment<Walk> environments(Walk({.limit = 3, .life = 3}), {.count = 1});
  environments.step<double>(0, kStay);
  environments.step<double>(0, kStay);
  const Transition step = environments.step<double>(0, kStay);
  CHECK(step.terminated);
  CHECK_FALSE(step.truncated);
  // a new clock after it
  CHECK_FALSE(environments.step<double>(0, kStay).ended());
  CHECK_FALSE(environments.step<double>(0, kStay).ended());
}

TEST_CASE("an environment that cuts its episode off is truncated as by the time limit, but where it ends or breaks") {
  VectorEnvironment<Walk> environments(Walk({.limit = 7, .cut = 2}), {.count = 1});
  CHECK_FALSE(environments.step<double>(0, kStay).ended());
  const double x = environments.observation(0)[0];
  const Transition step = environments.step<double>(0, kStay);
  CHECK(step.truncated);
  CHECK_FALSE(step.terminated);
  CHECK(Vector<double>(environments.successor(0)) == Vector<double>{{x, 2}});
  CHECK(environments.observation(0)[1] == 0);
  // without a limit, and with an end or a fault in the same step
  VectorEnvironment<Walk> endless(Walk({.limit = 0, .cut = 1}), {.count = 1});
  CHECK(endless.step<double>(0, kStay).truncated);
  VectorEnvironment<Walk> ending(Walk({.life = 2, .cut = 2}), {.count = 1});
  ending.step<double>(0, kStay);
  const Transition end = ending.step<double>(0, kStay);
  CHECK((end.terminated && !end.truncated));
  VectorEnvironment<Walk> breaking(Walk({.fault_above = -10, .cut = 1}), {.count = 1});
  const Transition fault = breaking.step<double>(0, kStay);
  CHECK((fault.fault && fault.terminated && !fault.truncated));
}

TEST_CASE("the option overrides the task's time limit") {
  CHECK(VectorEnvironment<Walk>(Walk({.limit = 3})).time_limit() == 3);
  CHECK(VectorEnvironment<Walk>(Walk({.limit = 3}), {.max_episode_steps = 5}).time_limit() == 5);
  VectorEnvironment<Walk> endless(Walk({.limit = 3}), {.count = 1, .max_episode_steps = 0});
  for (int n = 0; n < 50; ++n) CHECK_FALSE(endless.step<double>(0, kStay).ended());
}

TEST_CASE("faults cost the penalty and never show what broke") {
  for (const bool flag : {false, true}) {
    WalkOptions options{.limit = 1};  // at the time limit a fault is a termination too
    (flag ? options.fault_above : options.nan_above) = -10;
    VectorEnvironment<Walk> environments(Walk(options), {.count = 1, .fault_penalty = 7});
    const Vector<double> before = environments.observation(0);
    const Transition step = environments.step<double>(0, kStay);
    CHECK(step.fault);
    CHECK(step.terminated);
    CHECK_FALSE(step.truncated);
    CHECK(step.reward == -7);
    CHECK(Vector<double>(environments.successor(0)) == before);
    CHECK(environments.observation(0).allFinite());
    CHECK(environments.observation(0)[1] == 0);
  }
}

TEST_CASE("a continuous action that is not finite is a fault, and the task never sees it") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  VectorEnvironment<Echo> free(Echo(0), {.count = 1, .action_map = ActionMap::none, .fault_penalty = 7});
  for (const double bad : {std::nan(""), kInfinity, -kInfinity}) {
    free.step<double>(0, one(0.5));
    const Transition step = free.step<double>(0, one(bad));
    CHECK((step.fault && step.terminated && !step.truncated));
    CHECK(step.reward == -7);
    CHECK(free.successor(0)[0] == 0.5);
    CHECK(free.observation(0)[0] == -1);
  }
  // a clipped infinity is a bound
  VectorEnvironment<Echo> clipped(Echo(0), {.count = 1});
  CHECK(clipped.step<double>(0, one(kInfinity)).reward == 1);
  CHECK(clipped.step<float>(0, one(std::nanf(""))).fault);
}

TEST_CASE("discrete actions reach the task as they are") {
  for (const ActionMap map : {ActionMap::none, ActionMap::clip}) {
    VectorEnvironment<Echo> environments(Echo(4), {.count = 2, .action_map = map});
    for (int action = 0; action < 4; ++action) {
      CHECK(environments.step<double>(0, one<double>(action)).reward == action);
      CHECK(environments.step<float>(1, one(static_cast<float>(action))).reward == action);
    }
  }
  CHECK_THROWS_AS(VectorEnvironment<Echo>(Echo(4), {.action_map = ActionMap::clip_and_rescale}), std::invalid_argument);
}

TEST_CASE("actions that the task does not have are refused") {
  VectorEnvironment<Echo> environments(Echo(4), {.count = 1});
  for (const double bad : {-1.0, 4.0, 0.5, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(environments.step<double>(0, one(bad)),
                      Catch::Matchers::ContainsSubstring("discrete action of echo, a whole number from 0 to 3, got "));
  }
  const Vector<double> two = Vector<double>::Zero(2);
  CHECK_THROWS_WITH(environments.step<double>(0, two), Catch::Matchers::ContainsSubstring("VectorEnvironment::step"));
  VectorEnvironment<Echo> continuous(Echo(0), {.count = 1});
  CHECK_THROWS_WITH(continuous.step<double>(0, two), Catch::Matchers::ContainsSubstring("got 2"));
  // and nothing has happened
  CHECK(environments.observation(0)[0] == -1);
  CHECK(environments.step<double>(0, one(3.0)).reward == 3);
}

TEST_CASE("each environment has a random stream of its own") {
  const VectorEnvironment<Walk> few(Walk(), {.count = 2, .seed = 6});
  const VectorEnvironment<Walk> many(Walk(), {.count = 5, .seed = 6});
  const VectorEnvironment<Walk> other(Walk(), {.count = 2, .seed = 7});
  for (Index e = 0; e < 2; ++e) {
    CHECK(few.observation(e) == many.observation(e));
    CHECK(few.observation(e) != other.observation(e));
    Rng rng(6, StreamPurpose::environment, static_cast<std::uint64_t>(e));
    CHECK(few.observation(e)[0] == rng.uniform(-1, 1));
  }
}

TEST_CASE("raw actions are mapped before the task sees them") {
  VectorEnvironment<Walk> environments(Walk(), {.count = 1, .action_map = ActionMap::clip_and_rescale});
  const double x = environments.observation(0)[0];
  environments.step<float>(0, Vector<float>::Constant(1, 9.0F));
  CHECK(environments.observation(0)[0] == x + 0.3 * 2);
}

TEST_CASE("a saved vector of environments goes on bit for bit, in mid-episode") {
  const TemporaryFolder folder;
  VectorEnvironment<Walk> first(Walk({.limit = 4}), {.count = 3});
  const Vector<double> push = Vector<double>::Constant(1, 0.3);
  for (Index e = 0; e < 3; ++e) {
    for (Index n = 0; n <= 2 * e; ++n) first.step<double>(e, push);
  }
  (void)first.rngs(1, 1)[0].normal();
  save_state(folder / "s", first);
  VectorEnvironment<Walk> second(Walk({.limit = 4}), {.count = 3, .seed = 99});
  load_state(folder / "s", second);
  for (int n = 0; n < 10; ++n) {
    for (Index e = 0; e < 3; ++e) {
      const Transition a = first.step<double>(e, push);
      const Transition b = second.step<double>(e, push);
      CHECK(a.reward == b.reward);
      CHECK(a.truncated == b.truncated);
      CHECK(first.observation(e) == second.observation(e));
      CHECK(first.rngs(e, 1)[0].normal() == second.rngs(e, 1)[0].normal());
    }
  }
  VectorEnvironment<Walk> smaller(Walk({.limit = 4}), {.count = 2});
  CHECK_THROWS_AS(load_state(folder / "s", smaller), FileError);
}

TEST_CASE("impossible vectors of environments are refused") {
  CHECK_THROWS_AS(VectorEnvironment<Walk>(Walk(), {.count = 0}), std::invalid_argument);
  CHECK_THROWS_AS(VectorEnvironment<Walk>(Walk(), {.fault_penalty = -1}), std::invalid_argument);
}

TEST_CASE("numbers beyond what single precision can square are not sound") {
  CHECK(is_sound(Eigen::Vector2d(1e18, -1e18)));
  CHECK_FALSE(is_sound(Eigen::Vector2d(0, 1.1e18)));
  CHECK_FALSE(is_sound(Eigen::Vector2d(std::nan(""), 0)));
  CHECK_FALSE(is_sound(Eigen::Vector2d(0, -std::numeric_limits<double>::infinity())));
}

TEST_CASE("a world whose spec cannot be, or with other reward terms than it names, is refused") {
  struct Told : Walk {
    EnvironmentSpec told = Walk().spec();
    const EnvironmentSpec& spec() const { return told; }
  };
  Told world;
  world.told.reward_terms = {"place", "time", "nothing"};
  VectorEnvironment<Told> worlds(world);
  CHECK_THROWS_WITH(worlds.step<double>(0, Vector<double>::Zero(1)),
                    "VectorEnvironment: expected as many reward terms as the spec names, got 2");
  world.told.action_high.resize(3);
  CHECK_THROWS_WITH(VectorEnvironment<Told>(world), Catch::Matchers::Contains("as many upper as lower action bounds"));
}

TEST_CASE("several discrete actions reach the task as they are, and what its mask forbids does not") {
  VectorEnvironment<Switchboard> worlds(Switchboard(), {.count = 1, .seed = 3});
  Index refused = 0, taken = 0;
  for (int step = 0; step < 40; ++step) {
    const Vector<double> seen = worlds.observation(0);
    const auto a = static_cast<double>(step % 3), b = static_cast<double>(step % 2);
    if (seen[1 + step % 3] == 1 && seen[4 + step % 2] == 1) {
      const double worth = seen[0] > 0 ? a + b : 3 - a - b;
      CHECK(worlds.step<float>(0, Vector<float>{{static_cast<float>(a), static_cast<float>(b)}}).reward == worth);
      ++taken;
    } else {
      CHECK_THROWS_WITH(worlds.step<double>(0, Vector<double>{{a, b}}),
                        Catch::Matchers::Contains("expected an action that the observation's mask allows"));
      // and nothing has happened: what is allowed goes on
      CHECK(Vector<double>(worlds.observation(0)) == seen);
      Vector<double> other(2);
      for (Index k = 0; k < 3; ++k) other[0] = seen[1 + k] == 1 ? static_cast<double>(k) : other[0];
      for (Index k = 0; k < 2; ++k) other[1] = seen[4 + k] == 1 ? static_cast<double>(k) : other[1];
      worlds.step<double>(0, other);
      ++refused;
    }
  }
  CHECK(refused > 5);
  CHECK(taken > 5);
  for (const auto& bad : {Vector<double>{{3, 0}}, Vector<double>{{0, 2}}, Vector<double>{{0, -1}}}) {
    CHECK_THROWS_WITH(worlds.step<double>(0, bad), Catch::Matchers::Contains("discrete action of switchboard"));
  }
  CHECK_THROWS_AS(worlds.step<double>(0, one(0.0)), std::invalid_argument);
}
