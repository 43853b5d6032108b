// SPDX-License-Identifier: MIT
#include "vantage/env/wrapper.hpp"

#include "catch.hpp"
#include "counter.hpp"
#include "vantage/env/action_repeat.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/env/mountain_car_continuous.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/env/time_limit.hpp"
#include "vantage/env/transform_observation.hpp"
#include "vantage/env/transform_reward.hpp"
#include "vantage/env/vector_environment.hpp"

using namespace vantage;
using vantage::testing::Bare;
using vantage::testing::Counter;
using vantage::testing::push;

static_assert(StatefulEnvironment<Wrapper<Counter>> && HasRewardTerms<Wrapper<Counter>>);
static_assert(Environment<Wrapper<Bare>> && !StatefulEnvironment<Wrapper<Bare>> && !HasRewardTerms<Wrapper<Bare>>);

namespace {

/// A wrapper as a user would write it.
template <Environment E>
class Negated : public Wrapper<E> {
 public:
  explicit Negated(E environment) : Wrapper<E>(std::move(environment)) {}

  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    StepResult result = Wrapper<E>::step(action, observation);
    result.reward = -result.reward;
    return result;
  }
};

}  // namespace

TEST_CASE("a wrapper of one's own") {
  ActionRepeat world{Negated{Counter{}}, 2};
  static_assert(StatefulEnvironment<decltype(world)> && HasRewardTerms<decltype(world)>);
  Vector<double> observation(2);
  CHECK(world.step(push(0), observation).reward == -3);
  check_environment(Negated{CartPole{}});
}

TEST_CASE("a plain wrapper is the environment inside") {
  Wrapper wrapped{Counter{}};
  CHECK(wrapped.spec().name == "Counter");
  CHECK(wrapped.spec().max_episode_steps == 10);
  Rng rng(1);
  Vector<double> observation(2);
  wrapped.reset(rng, observation);
  CHECK_FALSE(rng == Rng(1));
  const StepResult result = wrapped.step(push(0.5), observation);
  CHECK(result.reward == 6);
  CHECK(observation == Vector<double>{{1, -1}});
  CHECK(wrapped.reward_terms()[0] == 1);
  CHECK(wrapped.reward_terms()[1] == 5);
  Vector<double> state(wrapped.state_size());
  wrapped.save_state(state);
  CHECK(state == push(1));
  wrapped.load_state(push(41));
  CHECK(wrapped.environment().n == 41);
  wrapped.environment().n = 7;
  CHECK(wrapped.step(push(0), observation).reward == 8);
}

TEST_CASE("functions that cannot be assigned become assignable") {
  const auto add = [](double k) { return [k](double x) { return x + k; }; };
  using Add = decltype(add(1));
  static_assert(!std::is_copy_assignable_v<Add>);
  static_assert(std::copyable<detail::AssignableFunction<Add>>);
  detail::AssignableFunction<Add> a(add(1)), b(add(2));
  a = b;
  CHECK(a.get()(10) == 12);
  CHECK(b.get()(10) == 12);
  a = detail::AssignableFunction<Add>(add(3));
  CHECK(a.get()(10) == 13);
  const auto& same = a;
  a = same;
  CHECK(a.get()(10) == 13);
}

TEST_CASE("wrappers compose") {
  const double factor = 2;
  ActionRepeat world{TransformReward{Counter{}, [factor](double r) { return factor * r; }}, 3};
  static_assert(StatefulEnvironment<decltype(world)> && HasRewardTerms<decltype(world)>);
  static_assert(StatefulEnvironment<TimeLimit<decltype(world)>> && HasRewardTerms<TimeLimit<decltype(world)>>);
  static_assert(Environment<TimeLimit<ActionRepeat<Bare>>> && !StatefulEnvironment<TimeLimit<ActionRepeat<Bare>>>);
  static_assert(!HasRewardTerms<ActionRepeat<Bare>>);

  Rng rng(1);
  Vector<double> observation(2);
  world.reset(rng, observation);
  // 2 (1 + 2 + 3) + 3 * 2 * 10 * 0.1; the terms are those of the counter
  CHECK(world.step(push(0.1), observation).reward == Approx(18));
  CHECK(world.reward_terms()[0] == 6);
  CHECK(world.reward_terms()[1] == Approx(3));
  CHECK(world.spec().max_episode_steps == 4);

  // the order matters: the reward is transformed after the sum here
  TransformReward other{ActionRepeat{Counter{}, 3}, [](double r) { return r * r; }};
  other.reset(rng, observation);
  CHECK(other.step(push(0), observation).reward == 36);
  CHECK((TimeLimit{ActionRepeat{Counter{}, 3}, 50}.spec().max_episode_steps) == 50);
  CHECK((ActionRepeat{TimeLimit{Counter{}, 50}, 3}.spec().max_episode_steps) == 17);
}

TEST_CASE("compositions are sound worlds") {
  const double factor = 0.5;
  const auto scale = [factor](double r) { return factor * r; };
  const auto first_two = [](const Vector<double>& from, VectorRef<double> to) { to = from.head(2); };
  check_environment(ActionRepeat{TransformReward{CartPole{}, scale}, 4});
  check_environment(TimeLimit{TransformObservation{ActionRepeat{CartPole{}, 2}, first_two, 2}, 20});
  check_environment(TransformReward{TransformObservation{Pendulum{}, first_two, 2},
                                    [](double r, const Vector<double>& action, ConstVectorRef<double> observation) {
                                      return r - action.squaredNorm() + observation[1];
                                    }});
  check_environment(TimeLimit{TransformReward{ActionRepeat{MountainCarContinuous{}, 8}, scale}, 100});
  check_environment(ActionRepeat{ActionRepeat{Bare{}, 2}, 3}, {.check_no_reset = false});
}

TEST_CASE("a vector of wrapped environments steps, cuts and saves as of any other") {
  const TimeLimit world{ActionRepeat{TransformReward{Counter{}, [](double r) { return r + 1; }}, 2}, 3};
  VectorEnvironment environments(world, {.count = 2});
  const Vector<double> action = push(0);
  CHECK(environments.step<double>(0, action).reward == 5);  // (1 + 1) + (2 + 1)
  CHECK(environments.step<double>(0, action).reward == 9);
  const Transition third = environments.step<double>(0, action);
  CHECK(third.reward == 13);
  CHECK(third.truncated);
  CHECK(environments.successor(0)[0] == 6);
  CHECK(environments.observation(0)[0] == 0);
  CHECK(environments.observation(1)[0] == 0);
}
