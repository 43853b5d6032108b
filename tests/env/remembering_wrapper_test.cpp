// SPDX-License-Identifier: MIT
#include "vantage/env/remembering_wrapper.hpp"

#include "catch.hpp"
#include "counter.hpp"
#include "integrator.hpp"
#include "vantage/env/acrobot.hpp"
#include "vantage/env/action_delay.hpp"
#include "vantage/env/action_rate_limit.hpp"
#include "vantage/env/action_repeat.hpp"
#include "vantage/env/action_smoothing.hpp"
#include "vantage/env/cart_pole.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/env/observation_history.hpp"
#include "vantage/env/observation_noise.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/env/time_limit.hpp"
#include "vantage/env/transform_reward.hpp"
#include "vantage/env/vector_environment.hpp"

using namespace vantage;
using vantage::testing::Bare;
using vantage::testing::Counter;
using vantage::testing::Integrator;
using vantage::testing::push;
using vantage::testing::respond;
using vantage::testing::resumes;

namespace {

/// A wrapper as a user would write it: pays the sum of all rewards so far, and counts steps.
template <Environment E>
class Total : public RememberingWrapper<E> {
 public:
  explicit Total(E environment) : RememberingWrapper<E>(std::move(environment)) { this->remember(1, 1); }

  void reset(Rng& rng, VectorRef<double> observation) {
    this->memory_.setZero();
    Wrapper<E>::reset(rng, observation);
  }
  StepResult step(const Vector<double>& action, VectorRef<double> observation) {
    StepResult result = Wrapper<E>::step(action, observation);
    this->memory_[0] += result.reward;
    this->memory_[1] += 1;
    result.reward = this->memory_[0];
    return result;
  }
};

// all of them, from the inside to the outside
template <class World>
auto on_the_way_to_a_robot(World world, double change) {
  return ObservationHistory{
      ObservationNoise{
          ActionDelay{ActionSmoothing{ActionRateLimit{std::move(world), {.change = {change}}}, {.time_constant = 2}},
                      {.low = 0, .high = 3}},
          {.normal = {0.01}, .uniform = {0.02}, .bias = {0.05}}},
      {.observations = 3, .actions = 2}};
}

}  // namespace

static_assert(TangentEnvironment<Total<Pendulum>> && HasRewardTerms<Total<Pendulum>>);
static_assert(StatefulEnvironment<Total<Counter>> && !TangentEnvironment<Total<Counter>>);
static_assert(Environment<Total<Bare>> && !StatefulEnvironment<Total<Bare>> && !HasRewardTerms<Total<Bare>>);

TEST_CASE("what a wrapper remembers lies behind the state inside") {
  // with deduced arguments this would be a copy of the inner one
  Total<Total<Pendulum>> world{Total{Pendulum{}}};
  check_environment(world);
  CHECK(world.state_size() == 2 + 2 + 2);
  CHECK(world.tangent_size() == 2 + 1 + 1);
  Rng rng(1);
  Vector<double> observation(3), state(6), inside(2);
  world.reset(rng, observation);
  world.step(push(0.5), observation);
  const double total = world.step(push(0.5), observation).reward;
  world.save_state(state);
  world.environment().environment().save_state(inside);
  CHECK(state.head(2) == inside);
  CHECK(state[3] == 2);
  CHECK(state[4] == total);
  CHECK(state[5] == 2);
  CHECK_THROWS_WITH(world.load_state(inside), "Pendulum-v1: expected a state of this environment's size, got 2");
}

TEST_CASE("what follows smoothly moves with the state, behind it, and nothing else does") {
  const TimeLimit world{Total<Total<Acrobot>>{Total{Acrobot{}}}, 9};
  Rng rng(1);
  auto playing = world;
  Vector<double> observation(6), from(world.state_size()), tangent(6), back(6);
  playing.reset(rng, observation);
  playing.step(push(1), observation);
  playing.save_state(from);
  tangent << 0.25, -0.5, 0.125, 1, 7, -3;
  Vector<double> to = from;
  displace(world, to, tangent);
  Vector<double> moved = from;
  moved.head(4) += tangent.head(4);
  moved[4] += 7;
  moved[6] -= 3;
  CHECK((to - moved).norm() < 1e-15);
  difference(world, from, to, back);
  CHECK((back - tangent).norm() < 1e-15);
  // the world's own way around the circle
  from[0] = 3;
  to = from;
  to[0] = -3;
  difference(world, from, to, back);
  CHECK(back[0] == Approx(0.28318530717958623).epsilon(1e-12));
}

// the linearised dynamics of linear wrappers is exact: states that part by v part by the same M v from anywhere
TEST_CASE("moved memories take part in the dynamics") {
  const ObservationHistory world{ActionDelay{ActionSmoothing{Integrator{}, {.coefficient = 0.5}}, 2},
                                 {.observations = 2, .actions = 1}};
  const Index size = world.tangent_size();
  CHECK(size == 1 + 1 + 2 + 2 + 1);
  const auto parted = [&](const std::vector<double>& actions, const Vector<double>& tangent) {
    auto one = world, two = world;
    respond(one, actions);
    Vector<double> observation(3), a(world.state_size()), b(a.size()), after(size);
    one.save_state(a);
    b = a;
    displace(world, b, tangent);
    two.load_state(b);
    one.step(push(1), observation);
    two.step(push(1), observation);
    one.save_state(a);
    two.save_state(b);
    difference(world, a, b, after);
    return after;
  };
  // x, the smoothed action, two on their way (newest first), two observations, an action
  const Vector<double> tangent{{1, 2, 4, 8, 16, 32, 64}};
  // smoothed (2 + 8) / 2, x 1 + 5, the older on its way is the newer before
  const Vector<double> expected{{6, 5, 0, 4, 32, 6, 0}};
  CHECK(parted({}, tangent) == expected);
  CHECK(parted({1, 2, 3, -1}, tangent) == expected);
}

TEST_CASE("the innermost acts first: the order matters") {
  // late noise differs in each copy that a history shows, early noise is seen again as it was
  ObservationHistory early{ObservationNoise{Counter{}, {.normal = {1}}}, {.observations = 2}};
  ObservationNoise late{ObservationHistory{Counter{}, {.observations = 2}}, {.normal = {1}}};
  Rng rng(1);
  Vector<double> before(4), after(4);
  early.reset(rng, before);
  CHECK(before.head(2) == before.tail(2));
  early.step(push(0), before);
  early.step(push(0), after);
  CHECK(after.head(2) == before.tail(2));
  late.reset(rng, before);
  CHECK(before.head(2) != before.tail(2));

  // the actions that a history shows are those given to it: delayed ones inside of a delay, others outside
  ObservationHistory given{ActionDelay{Integrator{}, 1}, {.observations = 1, .actions = 1}};
  ActionDelay taken{ObservationHistory{Integrator{}, {.observations = 1, .actions = 1}}, 1};
  Vector<double> pair(2);
  given.reset(rng, pair);
  given.step(push(3), pair);
  CHECK(pair == Vector<double>{{0, 3}});
  taken.reset(rng, pair);
  taken.step(push(3), pair);
  CHECK(pair == Vector<double>{{0, 0}});
  taken.step(push(4), pair);
  CHECK(pair == Vector<double>{{3, 3}});

  // smoothing inside of a limit may not jump by more than the limit, outside it may not jump at all
  ActionSmoothing outside{ActionRateLimit{Integrator{}, {.change = {1}}}, {.coefficient = 0.5}};
  ActionRateLimit inside{ActionSmoothing{Integrator{}, {.coefficient = 0.5}}, {.change = {1}}};
  CHECK(respond(outside, {4, 4}) == std::vector<double>{1, 3});      // 2 limited to 1, then 3 to 2
  CHECK(respond(inside, {4, 4}) == std::vector<double>{0.5, 1.75});  // half of 1, then 0.5 (0.5 + 2)

  // a delay outside of a repetition counts repeated steps
  ActionDelay slow{ActionRepeat{Integrator{}, 3}, 1};
  ActionRepeat fast{ActionDelay{Integrator{}, 1}, 3};
  CHECK(respond(slow, {1, 1}) == std::vector<double>{0, 3});
  CHECK(respond(fast, {1, 1}) == std::vector<double>{2, 5});
}

TEST_CASE("all of them together are a sound world") {
  const auto world = on_the_way_to_a_robot(Pendulum{}, 0.5);
  static_assert(TangentEnvironment<std::remove_cvref_t<decltype(world)>> && HasRewardTerms<decltype(world)>);
  CHECK(world.spec().observation_size == 3 * 3 + 2);
  CHECK(world.spec().action_high[0] == 2);
  CHECK(world.spec().name == "Pendulum-v1");
  check_environment(world);
  check_environment(ActionRepeat{TimeLimit{world, 70}, 2});
  check_environment(TransformReward{world, [](double reward) { return 0.1 * reward; }});
  // the other way around
  check_environment(ActionRateLimit{
      ActionSmoothing{
          ActionDelay{ObservationNoise{ObservationHistory{Pendulum{}, {.observations = 2}}, {.normal = {0.1}}}, 2},
          {.coefficient = 0.5}},
      {.change = {0.5}}});
  check_environment(
      ObservationHistory{ObservationNoise{ActionDelay{CartPole{}, {.low = 0, .high = 2}}, {.bias = {1}}}, {}});
  Integrator wandering{2};
  wandering.start = 1;
  wandering.cut = 15;
  const auto robot = on_the_way_to_a_robot(wandering, 0.1);
  for (const Index before : {0, 1, 2, 5, 11}) CHECK(resumes(robot, robot, before, 30));
}

TEST_CASE("a vector of wrapped worlds goes on from its saved states with the same bits") {
  Integrator inside{2};
  inside.start = 1;
  inside.cut = 9;
  const auto world = on_the_way_to_a_robot(inside, 0.1);
  VectorEnvironment environments(world, {.count = 3, .seed = 5});
  Rng actions(6);
  const auto play = [&](VectorEnvironment<std::remove_cvref_t<decltype(world)>>& worlds, Rng rng) {
    std::vector<double> seen;
    for (int t = 0; t < 40; ++t) {
      for (Index e = 0; e < 3; ++e) {
        const Transition transition = worlds.step<double>(e, Vector<double>{{rng.uniform(-1, 1), rng.uniform(-1, 1)}});
        CHECK_FALSE(transition.terminated);
        seen.push_back(transition.reward);
        seen.push_back(transition.truncated ? 1 : 0);
        for (const double x : worlds.successor(e)) seen.push_back(x);
      }
    }
    return seen;
  };
  play(environments, actions);
  auto other = environments;
  // an archive in memory: what one writes the other reads
  struct Store {
    std::vector<std::vector<double>> numbers;
    std::size_t next = 0;
    bool writing = true;
    void operator()(const char*, Matrix<double>& matrix) {
      if (writing) numbers.emplace_back(matrix.data(), matrix.data() + matrix.size());
      else std::copy(numbers[next].begin(), numbers[next].end(), matrix.data());
      ++next;
    }
    void operator()(const char*, std::vector<std::int64_t>& values) {
      if (writing) numbers.emplace_back(values.begin(), values.end());
      else
        std::transform(numbers[next].begin(), numbers[next].end(), values.begin(),
                       [](double x) { return static_cast<std::int64_t>(x); });
      ++next;
    }
    void operator()(const char*, std::vector<Rng>& rngs) {
      if (writing) streams = rngs;
      else rngs = streams;
    }
    std::vector<Rng> streams;
  } store;
  environments.serialize(store);
  store.writing = false;
  store.next = 0;
  VectorEnvironment fresh(world, {.count = 3, .seed = 99});
  fresh.serialize(store);
  const std::vector<double> expected = play(other, Rng(8));
  CHECK(play(fresh, Rng(8)) == expected);
  CHECK(std::count(expected.begin(), expected.end(), 1.0) > 0);
}
