// SPDX-License-Identifier: MIT
#include "vantage/env/action_map.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace vantage;

namespace {

const Vector<double> kLow{{-2, 0}};
const Vector<double> kHigh{{2, 10}};

Vector<double> mapped(ActionMap map, const Vector<double>& raw) {
  Vector<double> action;
  apply<double>(map, raw, kLow, kHigh, action);
  return action;
}

}  // namespace

TEST_CASE("each map takes raw actions to the task's units") {
  CHECK(mapped(ActionMap::none, Vector<double>{{-7, 11}}) == Vector<double>{{-7, 11}});
  CHECK(mapped(ActionMap::clip, Vector<double>{{-7, 11}}) == Vector<double>{{-2, 10}});
  CHECK(mapped(ActionMap::clip, Vector<double>{{1.5, 0.25}}) == Vector<double>{{1.5, 0.25}});
  CHECK(mapped(ActionMap::clip_and_rescale, Vector<double>{{0, 0}}) == Vector<double>{{0, 5}});
  CHECK(mapped(ActionMap::clip_and_rescale, Vector<double>{{-1, 1}}) == Vector<double>{{-2, 10}});
  CHECK(mapped(ActionMap::clip_and_rescale, Vector<double>{{0.5, -3}}) == Vector<double>{{1, 0}});
  Vector<double> action;
  apply<float>(ActionMap::clip, Vector<float>{{0.5F, 20.0F}}, kLow, kHigh, action);
  CHECK(action == Vector<double>{{0.5, 10}});
}

TEST_CASE("squashing is a smooth rescaling") {
  const Vector<double> action = mapped(ActionMap::squash_and_rescale, Vector<double>{{0.3, -1.2}});
  CHECK(action[0] == Approx(2 * std::tanh(0.3)));
  CHECK(action[1] == Approx(5 + 5 * std::tanh(-1.2)));
  CHECK(mapped(ActionMap::squash_and_rescale, Vector<double>{{-400, 400}}) == Vector<double>{{-2, 10}});
  constexpr double inf = std::numeric_limits<double>::infinity();
  Vector<double> mixed;
  apply<double>(ActionMap::squash_and_rescale, Vector<double>{{3, 9}}, Vector<double>{{-inf, 0}},
                Vector<double>{{2, inf}}, mixed);
  CHECK(mixed == Vector<double>{{2, 9}});
}

TEST_CASE("the stretch of squashing is its derivative, and densities of squashed actions add up to one") {
  const double h = 1e-6;
  for (const double u : {-3.0, -0.4, 0.0, 0.9, 2.5}) {
    const Vector<double> raw{{u, 0.5 * u}};
    double expected = 0;
    for (Index i = 0; i < 2; ++i) {
      Vector<double> up = raw, down = raw;
      up[i] += h;
      down[i] -= h;
      expected += std::log(
          (mapped(ActionMap::squash_and_rescale, up)[i] - mapped(ActionMap::squash_and_rescale, down)[i]) / (2 * h));
    }
    CHECK(log_stretch<double>(raw, kLow, kHigh) == Approx(expected).epsilon(1e-8));
  }
  // far out, where 1 - tanh^2 is 0 in double: log(4 width / 2) - 2 u
  CHECK(log_stretch<double>(Vector<double>{{50}}, Vector<double>{{-2}}, Vector<double>{{2}}) ==
        Approx(std::log(8.0) - 100));
  // a normal of mean 0.3 and deviation 0.8, squashed to (-2, 2): midpoint rule over the actions
  double sum = 0;
  const int points = 20000;
  for (int k = 0; k < points; ++k) {
    const double a = -2 + 4 * (k + 0.5) / points;
    const double raw = std::atanh(a / 2);
    const double z = (raw - 0.3) / 0.8;
    const double log_raw = -0.5 * z * z - std::log(0.8) - 0.5 * std::log(2 * 3.14159265358979);
    sum += std::exp(log_raw - log_stretch<double>(Vector<double>{{raw}}, Vector<double>{{-2}}, Vector<double>{{2}}));
  }
  CHECK(sum * 4 / points == Approx(1).epsilon(1e-4));
}

TEST_CASE("a map is undone where it lost nothing") {
  const Vector<double> action{{1.3, 2}};
  for (const ActionMap map :
       {ActionMap::none, ActionMap::clip, ActionMap::clip_and_rescale, ActionMap::squash_and_rescale}) {
    Vector<double> raw(2);
    undo<double>(map, action, kLow, kHigh, raw);
    CHECK((mapped(map, raw) - action).cwiseAbs().maxCoeff() < 1e-14);
  }
  Vector<float> outmost(2);
  undo<float>(ActionMap::squash_and_rescale, Vector<double>{{-2, 99}}, kLow, kHigh, outmost);
  CHECK(outmost[0] == Approx(std::atanh(-0.999)));
  CHECK(outmost[1] == Approx(std::atanh(0.999)));
}

TEST_CASE("what is not a number stays so") {
  for (const ActionMap map :
       {ActionMap::none, ActionMap::clip, ActionMap::clip_and_rescale, ActionMap::squash_and_rescale}) {
    const Vector<double> action = mapped(map, Vector<double>{{std::nan(""), 1}});
    CHECK(std::isnan(action[0]));
    CHECK(action[1] == Approx(map == ActionMap::clip_and_rescale     ? 10
                              : map == ActionMap::squash_and_rescale ? 5 + 5 * std::tanh(1)
                                                                     : 1));
  }
}

TEST_CASE("components are rescaled one by one: one without bounds stays as it is") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const Vector<double> low{{0, -3, -inf, -1, -inf}}, high{{40, -1, inf, inf, 2}};
  Vector<double> action;
  apply<float>(ActionMap::clip_and_rescale, Vector<float>{{0, 1, 7, 8, 9}}, low, high, action);
  CHECK(action == Vector<double>{{20, -1, 7, 8, 2}});
  apply<double>(ActionMap::clip_and_rescale, Vector<double>{{-9, -1, -7, -8, -9}}, low, high, action);
  CHECK(action == Vector<double>{{0, -3, -7, -1, -9}});
  apply<double>(ActionMap::clip, Vector<double>{{-9, 9, -7, -8, 9}}, low, high, action);
  CHECK(action == Vector<double>{{0, -1, -7, -1, 2}});

  EnvironmentSpec spec;
  spec.name = "mixed";
  spec.action_low = low;
  spec.action_high = high;
  CHECK(can_rescale(spec));
  CHECK_NOTHROW(validate(ActionMap::clip_and_rescale, spec));
  spec.action_low = low.tail(3);
  spec.action_high = high.tail(3);
  CHECK_FALSE(can_rescale(spec));
}

TEST_CASE("rescaling needs finite bounds") {
  EnvironmentSpec spec;
  spec.name = "open";
  spec.action_low = Vector<double>::Constant(1, -1);
  spec.action_high = Vector<double>::Constant(1, std::numeric_limits<double>::infinity());
  CHECK_NOTHROW(validate(ActionMap::none, spec));
  CHECK_NOTHROW(validate(ActionMap::clip, spec));
  CHECK_THROWS_WITH(validate(ActionMap::clip_and_rescale, spec), Catch::Matchers::ContainsSubstring("got open"));
  CHECK_THROWS_WITH(validate(ActionMap::squash_and_rescale, spec),
                    Catch::Matchers::ContainsSubstring("squash_and_rescale: expected a task with an action component"));
  spec.action_high[0] = 1;
  CHECK_NOTHROW(validate(ActionMap::clip_and_rescale, spec));
}

TEST_CASE("discrete actions cannot be rescaled") {
  EnvironmentSpec spec;
  spec.name = "switch";
  spec.discrete_actions = 2;
  CHECK_NOTHROW(validate(ActionMap::none, spec));
  CHECK_NOTHROW(validate(ActionMap::clip, spec));
  CHECK_THROWS_WITH(validate(ActionMap::clip_and_rescale, spec),
                    Catch::Matchers::ContainsSubstring("continuous actions, got switch"));
}

TEST_CASE("a discrete action is a whole number below the count") {
  for (const double action : {0.0, -0.0, 1.0, 2.0}) CHECK(is_discrete_action(action, 3));
  for (const double action : {-1.0, 3.0, 0.5, 1e300, std::nan(""), std::numeric_limits<double>::infinity(),
                              -std::numeric_limits<double>::infinity()}) {
    CHECK_FALSE(is_discrete_action(action, 3));
  }
  CHECK(is_discrete_action(2.0F, 3));
  CHECK_FALSE(is_discrete_action(1.9999999F, 3));
}

TEST_CASE("every map has its name") {
  CHECK(kActionMapNames[static_cast<std::size_t>(ActionMap::none)] == "none");
  CHECK(kActionMapNames[static_cast<std::size_t>(ActionMap::clip)] == "clip");
  CHECK(kActionMapNames[static_cast<std::size_t>(ActionMap::clip_and_rescale)] == "clip_and_rescale");
  CHECK(kActionMapNames[static_cast<std::size_t>(ActionMap::squash_and_rescale)] == "squash_and_rescale");
}
