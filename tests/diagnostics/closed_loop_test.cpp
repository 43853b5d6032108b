// SPDX-License-Identifier: MIT
#include "vantage/diagnostics/closed_loop.hpp"

#include "catch.hpp"
#include "tabular/linear_worlds.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/tabular/linear_quadratic_environment.hpp"

using namespace vantage;

using Policy = GaussianPolicy<double>;
using Loop = ClosedLoop<LinearQuadraticEnvironment, Policy>;

static_assert(TangentDynamics<Loop>);

namespace {

struct Fixed : LinearQuadraticEnvironment {
  using LinearQuadraticEnvironment::LinearQuadraticEnvironment;
  static Index tangent_size() { return 0; }
};

struct Fixture {
  Rng rng{3};
  Context context;
  LinearQuadraticEnvironment world{random_linear_world(rng)};
  Policy policy{3, 2, {.hidden = {}}, rng};
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a step of the loop is a step of the world with the policy's action") {
  Normalizer normalizer(3);
  RunningMoments seen(3);
  seen.add(Vector<double>{{1, 2, 3}});
  seen.add(Vector<double>{{2, 0, 5}});
  normalizer.update(seen);
  Loop loop(world, policy, &normalizer, context, 0);
  Loop::Point point = loop.start(Rng(7));

  Vector<double> observation(3);
  Rng same(7);
  world.reset(same, observation);
  Matrix<double> input(3, 1), action(2, 1);
  for (int t = 0; t < 5; ++t) {
    CHECK(point.observation == observation);
    normalizer.apply(observation, input.col(0));
    policy.mode(input, action, context, 0);
    world.step(action.col(0), observation);
    loop.step(point);
    CHECK_FALSE(loop.renew(point));
  }
  CHECK(point.observation == observation);
}

TEST_CASE_METHOD(Fixture, "a move takes the observation along, and meets the same noise of world and policy") {
  Loop loop(world, policy, nullptr, context, 0, {.deterministic = false});
  CHECK(loop.dimension() == 3);
  CHECK(loop.tangent_size() == 6);
  Loop::Point point = loop.start(Rng(7));
  Loop::Point moved = point;
  const Vector<double> tangent{{0.1, 0.2, -0.3, 0.4, 0.5, 0.6}};
  loop.displace(point, tangent, moved);
  CHECK((moved.observation - point.observation - tangent.tail(3)).norm() < 1e-15);
  Vector<double> back(6);
  loop.difference(point, moved, back);
  CHECK((back - tangent).norm() < 1e-15);

  // the state moves by A, and by B K of what the policy sees; what is seen afterwards is the state
  const LinearQuadratic& problem = world.problem();
  const Matrix<double> gain = policy.parameters().head(6).reshaped(2, 3);
  loop.step(point);
  loop.step(moved);
  loop.difference(point, moved, back);
  const Vector<double> expected =
      problem.transition * tangent.head(3) + small_product(problem.control, gain) * tangent.tail(3);
  CHECK((back.head(3) - expected).norm() < 1e-14);
  CHECK((back.tail(3) - expected).norm() < 1e-14);
  // there is noise, though not between the two
  const Vector<double> here = point.observation;
  Loop again(world, policy, nullptr, context, 0);
  Loop::Point quiet = again.start(Rng(7));
  again.step(quiet);
  CHECK((quiet.observation - here).norm() > 1e-3);
}

TEST_CASE_METHOD(Fixture, "what does not fit is refused in words") {
  const Policy other(4, 2, {.hidden = {}}, rng);
  const Normalizer small(2);
  CHECK_THROWS_AS(Loop(world, other, nullptr, context, 0), std::invalid_argument);
  CHECK_THROWS_AS(Loop(world, policy, &small, context, 0), std::invalid_argument);
  CHECK_THROWS_AS(Loop(world, policy, nullptr, context, 0, {.action_map = ActionMap::clip_and_rescale}),
                  std::invalid_argument);
  using Nowhere = ClosedLoop<Fixed, Policy>;
  CHECK_THROWS_WITH(Nowhere(Fixed(world.problem()), policy, nullptr, context, 0),
                    Catch::Matchers::ContainsSubstring("whose state can be moved"));
  policy.parameters().setConstant(std::nan(""));
  Loop broken(world, policy, nullptr, context, 0);
  Loop::Point point = broken.start(Rng(1));
  CHECK_THROWS_WITH(broken.step(point), Catch::Matchers::ContainsSubstring("a fault of LinearQuadratic"));
}
