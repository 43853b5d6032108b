// SPDX-License-Identifier: MIT
#include "vantage/env/transform_observation.hpp"

#include "catch.hpp"
#include "counter.hpp"

using namespace vantage;
using vantage::testing::Bare;
using vantage::testing::Counter;
using vantage::testing::push;

namespace {

void negate(ConstVectorRef<double> from, VectorRef<double> to) { to = -from; }

using Negated = TransformObservation<Counter, decltype(&negate)>;
using NegatedBare = TransformObservation<Bare, decltype(&negate)>;

}  // namespace

static_assert(StatefulEnvironment<Negated> && HasRewardTerms<Negated>);
static_assert(Environment<NegatedBare> && !StatefulEnvironment<NegatedBare> && !HasRewardTerms<NegatedBare>);

TEST_CASE("an observation is a function of the observation") {
  TransformObservation world{Counter{.last = 2}, negate};
  CHECK(world.spec().observation_size == 2);
  Rng rng(1);
  Vector<double> observation = Vector<double>::Constant(2, 9);
  world.reset(rng, observation);
  CHECK(observation == Vector<double>{{0, 0}});
  const StepResult result = world.step(push(0.2), observation);
  CHECK(observation == Vector<double>{{-1, 1}});
  CHECK(result.reward == 3);
  CHECK(world.reward_terms()[1] == 2);
  CHECK(world.step(push(0), observation).terminated);
}

TEST_CASE("an observation may grow and shrink") {
  const double offset = 5;
  TransformObservation larger{Counter{},
                              [offset](const Vector<double>& from, VectorRef<double> to) {
                                to.head(2) = from;
                                to[2] = from[0] + offset;
                              },
                              3};
  CHECK(larger.spec().observation_size == 3);
  CHECK(larger.environment().spec().observation_size == 2);
  Rng rng(1);
  Vector<double> three(3), one(1);
  larger.reset(rng, three);
  CHECK(three == Vector<double>{{0, 0, 5}});
  larger.step(push(0), three);
  CHECK(three == Vector<double>{{1, -1, 6}});

  TransformObservation smaller{larger, [](const auto& from, auto to) { to[0] = from.sum(); }, 1};
  smaller.step(push(0), one);
  CHECK(one[0] == 2 - 2 + 7);
  CHECK_THROWS_AS((TransformObservation{Counter{}, negate, 0}), std::invalid_argument);
}

TEST_CASE("copies of a transformed observation keep their functions") {
  const auto shifted = [](double k) {
    return TransformObservation{Counter{},
                                [k](const Vector<double>& from, VectorRef<double> to) { to = from.array() + k; }};
  };
  auto a = shifted(2);
  const auto b = shifted(3);
  auto c = a;
  a = b;
  Vector<double> observation(2);
  a.step(push(0), observation);
  CHECK(observation == Vector<double>{{4, 2}});
  c.step(push(0), observation);
  CHECK(observation == Vector<double>{{3, 1}});
}
