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
  // a keyframe has a name, or only a number
  const Model keyed = Model::from_xml_string("<mujoco><keyframe><key/><key name='home'/></keyframe></mujoco>");
  CHECK(keyframe_id(keyed, "home") == 1);
  CHECK(keyframe_id(keyed, "0") == 0);
  CHECK_THROWS_WITH(keyframe_id(keyed, "2"),
                    Catch::Matchers::ContainsSubstring("keyframe: expected one of {home} or a number below 2, got 2"));
  CHECK_THROWS_AS(keyframe_id(keyed, "-1"), std::invalid_argument);
  CHECK_THROWS_AS(keyframe_id(model, "0"), std::invalid_argument);
  // a model stands for its mjModel
  CHECK(body_id(model, "foot") == 4);
  CHECK(camera_id(Model::from_xml_string("<mujoco><worldbody><camera name='eye'/></worldbody></mujoco>"), "eye") == 0);
}
