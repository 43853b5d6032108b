// SPDX-License-Identifier: MIT
#include "vantage/env/action_map.hpp"

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

TEST_CASE("what is not a number stays so") {
  for (const ActionMap map : {ActionMap::none, ActionMap::clip, ActionMap::clip_and_rescale}) {
    const Vector<double> action = mapped(map, Vector<double>{{std::nan(""), 1}});
    CHECK(std::isnan(action[0]));
    CHECK(action[1] == (map == ActionMap::clip_and_rescale ? 10 : 1));
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
}
