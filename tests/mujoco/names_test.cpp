// SPDX-License-Identifier: MIT
#include "vantage/mujoco/names.hpp"

#include "catch.hpp"
#include "vantage/mujoco/hopper.hpp"

using namespace vantage::mujoco;

TEST_CASE("names: found by kind, and a wrong one lists those there are") {
  const Model model = Model::from_xml_string(hopper_mjcf);
  CHECK(body_id(model.get(), "foot") == 4);
  CHECK(joint_id(model.get(), "rooty") == 2);
  CHECK(geom_id(model.get(), "floor") == 0);
  CHECK(position_index(model.get(), "leg_joint") == 4);
  CHECK(velocity_index(model.get(), "leg_joint") == 4);
  CHECK_THROWS_WITH(
      body_id(model.get(), "arm"),
      Catch::Matchers::ContainsSubstring("body: expected one of {world, torso, thigh, leg, foot}, got arm"));
  CHECK_THROWS_AS(site_id(model.get(), "tip"), std::invalid_argument);
  CHECK_THROWS_AS(sensor_id(model.get(), "tip"), std::invalid_argument);
  CHECK_THROWS_AS(actuator_id(model.get(), "tip"), std::invalid_argument);
  CHECK_THROWS_AS(camera_id(model.get(), "tip"), std::invalid_argument);
  // a model stands for its mjModel
  CHECK(body_id(model, "foot") == 4);
  CHECK(camera_id(Model::from_xml_string("<mujoco><worldbody><camera name='eye'/></worldbody></mujoco>"), "eye") == 0);
}
