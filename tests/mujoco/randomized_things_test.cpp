// SPDX-License-Identifier: MIT
#include "vantage/mujoco/randomized_things.hpp"

#include "catch.hpp"
#include "vantage/mujoco/model.hpp"

using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

namespace {

Model two_links() {
  return Model::from_xml_string(
      "<mujoco><worldbody><geom name='floor' type='plane' size='1 1 1'/><body name='upper'><joint name='hip'/>"
      "<geom size='0.1' mass='1'/><body><joint name='knee' pos='0 0 1'/><geom name='foot' size='0.1' mass='1'/></body>"
      "</body></worldbody><actuator><motor joint='knee'/></actuator></mujoco>");
}

}  // namespace

TEST_CASE("an entry is about the things that it names, in its order, or about all but the world") {
  const Model model = two_links();
  const auto things = [&](Quantity quantity, std::vector<std::string> names = {}) {
    return detail::randomized_things(model, {.quantity = quantity, .names = std::move(names)});
  };
  CHECK(things(Quantity::mass) == std::vector<int>{1, 2});
  CHECK(things(Quantity::inertia, {"upper"}) == std::vector<int>{1});
  CHECK(things(Quantity::friction) == std::vector<int>{0, 1, 2});
  CHECK(things(Quantity::friction, {"foot", "floor"}) == std::vector<int>{2, 0});
  CHECK(things(Quantity::motor_gain) == std::vector<int>{0});
  for (const Quantity quantity :
       {Quantity::damping, Quantity::armature, Quantity::friction_loss, Quantity::stiffness, Quantity::joint_offset}) {
    CHECK(things(quantity) == std::vector<int>{0, 1});
    CHECK(things(quantity, {"knee"}) == std::vector<int>{1});
  }
  CHECK_THROWS_WITH(things(Quantity::damping, {"foot"}),
                    ContainsSubstring("joint: expected one of {hip, knee}, got foot"));
}

TEST_CASE("a draw's label says what it is of") {
  const Model model = two_links();
  const auto label = [&](std::vector<std::string> names, bool each, int id) {
    return detail::draw_label(model, {.quantity = Quantity::mass, .names = std::move(names), .each = each}, id);
  };
  CHECK(label({}, false, 1) == "mass");
  CHECK(label({"upper"}, false, 1) == "mass upper");
  CHECK(label({}, true, 1) == "mass upper");
  CHECK(label({}, true, 2) == "mass 2");
}
