// SPDX-License-Identifier: MIT
#include "vantage/env/tangent.hpp"

#include <numbers>

#include "catch.hpp"
#include "vantage/env/acrobot.hpp"
#include "vantage/env/action_repeat.hpp"
#include "vantage/env/continuous_cart_pole.hpp"
#include "vantage/env/mountain_car.hpp"
#include "vantage/env/mountain_car_continuous.hpp"
#include "vantage/env/pendulum.hpp"
#include "vantage/env/point_mass.hpp"
#include "vantage/env/time_limit.hpp"
#include "vantage/tabular/doubling_map.hpp"

using namespace vantage;

static_assert(TangentEnvironment<ContinuousCartPole> && TangentEnvironment<MountainCar>);
// numbers of single precision have no neighbours worth a tangent
static_assert(!TangentEnvironment<MountainCarContinuous>);
static_assert(!TangentEnvironment<TimeLimit<MountainCarContinuous>>);

namespace {

// from a reset moved by `tangent`: what was moved, after checking that the way back is the same
template <TangentEnvironment E>
Vector<double> moved(E world, const Vector<double>& tangent) {
  REQUIRE(world.tangent_size() == tangent.size());
  Rng rng(1);
  Vector<double> observation(world.spec().observation_size), from(world.state_size()), back(tangent.size());
  world.reset(rng, observation);
  world.save_state(from);
  Vector<double> to = from;
  displace(world, to, tangent);
  difference(world, from, to, back);
  CHECK((back - tangent).norm() < 1e-15);
  difference(world, to, from, back);
  CHECK((back + tangent).norm() < 1e-15);
  return to - from;
}

}  // namespace

TEST_CASE("states move along their first numbers, and random streams stay") {
  const Vector<double> two{{0.25, -0.5}};
  const Vector<double> four{{0.25, -0.5, 0.125, 1}};
  CHECK((moved(Pendulum(), two) - two).norm() < 1e-15);
  CHECK((moved(MountainCar(), two) - two).norm() < 1e-15);
  CHECK((moved(ContinuousCartPole(), four) - four).norm() < 1e-15);
  const Vector<double> change = moved(PointMass({.dimensions = 2, .process_noise = 1}), four);
  CHECK((change.head(4) - four).norm() < 1e-15);
  CHECK(change.tail(change.size() - 4).isZero(0));
}

TEST_CASE("angles that wrap are as far apart as the nearer way around") {
  const Acrobot world;
  moved(world, Vector<double>{{0.25, -0.5, 0.125, 1}});
  const double pi = std::numbers::pi;
  const Vector<double> from{{pi - 0.1, 0.1 - pi, 5, 0}}, to{{0.1 - pi, pi - 0.1, -5, 0}};
  Vector<double> between(4);
  difference(world, from, to, between);
  CHECK((between - Vector<double>{{0.2, -0.2, -10, 0}}).norm() < 1e-14);

  const DoublingMap map;
  moved(map, Vector<double>{{0.25}});
  moved(map, Vector<double>{{-0x1p-60}});
  Vector<double> first(2), second(2), turns(1);
  first << 0xFFFFFFFFU, 0xF0000000U;
  second << 0, 0x10000000U;
  difference(map, first, second, turns);
  CHECK(turns[0] == 0x2p-36);
}

TEST_CASE("a wrapper moves as the world inside does") {
  const ActionRepeat world(TimeLimit(Acrobot(), 7), 3);
  moved(world, Vector<double>{{0.25, -0.5, 0.125, 1}});
  Vector<double> between(4);
  difference(world, Vector<double>{{3, 0, 0, 0}}, Vector<double>{{-3, 0, 0, 0}}, between);
  CHECK(between[0] == Approx(2 * std::numbers::pi - 6).epsilon(1e-14));
  moved(TimeLimit(Pendulum(), 7), Vector<double>{{0.25, -0.5}});
}
