// SPDX-License-Identifier: MIT
#include "vantage/env/transform_reward.hpp"

#include <cmath>

#include "catch.hpp"
#include "counter.hpp"

using namespace vantage;
using vantage::testing::Bare;
using vantage::testing::Counter;
using vantage::testing::push;

namespace {

double halve(double reward) { return 0.5 * reward; }

}  // namespace

static_assert(StatefulEnvironment<TransformReward<Counter, decltype(&halve)>>);
static_assert(HasRewardTerms<TransformReward<Counter, decltype(&halve)>>);
static_assert(Environment<TransformReward<Bare, decltype(&halve)>>);
static_assert(!StatefulEnvironment<TransformReward<Bare, decltype(&halve)>>);
static_assert(!HasRewardTerms<TransformReward<Bare, decltype(&halve)>>);

TEST_CASE("a reward is a function of the reward") {
  TransformReward world{Counter{.last = 2}, halve};
  Vector<double> observation(2);
  CHECK(world.step(push(0.3), observation).reward == 0.5 * (1 + 3));
  // the terms explain the reward before
  CHECK(world.reward_terms()[0] == 1);
  CHECK(world.reward_terms()[1] == 3);
  const StepResult end = world.step(push(0), observation);
  CHECK(end.reward == 1);
  CHECK(end.terminated);
  CHECK(observation == Vector<double>{{2, -2}});
  CHECK(world.spec().name == "Counter");
}

TEST_CASE("a reward is a function of reward, action and the observation after the step") {
  const double weight = 100;
  TransformReward world{Counter{},
                        [weight](double r, const Vector<double>& action, ConstVectorRef<double> observation) {
                          return r + weight * action[0] + 1000 * observation[1];
                        }};
  Vector<double> observation(2);
  CHECK(world.step(push(0.5), observation).reward == 6 + 50 - 1000);
  CHECK(world.step(push(-0.5), observation).reward == 2 - 5 - 50 - 2000);
}

TEST_CASE("the function of a reward is not asked after a fault") {
  int calls = 0;
  TransformReward world{Counter{.broken = 2}, [&calls](double r) { return r + ++calls; }};
  Vector<double> observation(2);
  CHECK(world.step(push(0), observation).reward == 2);
  const StepResult fault = world.step(push(0), observation);
  CHECK(fault.fault);
  CHECK(fault.reward == 2);
  CHECK(calls == 1);
}

TEST_CASE("copies of a transformed reward keep their functions") {
  const auto scaled = [](double k) { return TransformReward{Counter{}, [k](double r) { return k * r; }}; };
  auto a = scaled(2);
  const auto b = scaled(3);
  auto c = a;
  a = b;
  Vector<double> observation(2);
  CHECK(a.step(push(0), observation).reward == 3);
  CHECK(c.step(push(0), observation).reward == 2);
}
