// SPDX-License-Identifier: MIT
#include "vantage/mujoco/controller_metadata.hpp"

#include <string>

#include "catch.hpp"
#include "vantage/mujoco/model.hpp"

using namespace vantage;

namespace {

FileMetadata of(const std::string& actuators) {
  const auto model = mujoco::Model::from_xml_string(
      "<mujoco><compiler angle='radian'/><worldbody><body><joint name='hip' type='hinge' ref='0.3'/>"
      "<joint name='rail' type='slide'/><geom size='0.1' mass='1'/><site name='tip'/><body><joint type='ball' "
      "name='neck'/><geom size='0.1' mass='1'/></body></body></worldbody><actuator>" +
      actuators + "</actuator></mujoco>");
  return mujoco::controller_metadata(model);
}

}  // namespace

TEST_CASE("controllers: joints come in the order of the actions, with the gains of their actuators") {
  // the order of the joints in the model is another; a gear multiplies what the feedback sees, and the force
  const FileMetadata known =
      of("<general name='push' joint='rail' gainprm='40' biastype='affine' biasprm='0 -40 -2'/>"
         "<position name='turn' joint='hip' kp='10' gear='3'/>"
         "<motor name='help' joint='rail' gear='7'/>");
  const FileMetadata expected{{"actuator_names", "push,turn,help"}, {"joint_names", "rail,hip,rail"},
                              {"joint_units", "m,rad,m"},           {"joint_stiffness", "40,90,0"},
                              {"joint_damping", "2,0,0"},           {"default_joint_pos", "0,0.3,0"}};
  CHECK(known == expected);
}

TEST_CASE("controllers: what a model does not name, or moves no joint alone, is left out") {
  const FileMetadata unnamed = of("<motor name='turn' joint='hip'/><motor joint='rail'/>");
  CHECK(unnamed.count("actuator_names") == 0);
  CHECK(unnamed.at("joint_names") == "hip,rail");
  for (const char* other : {"<motor name='turn' joint='hip'/><motor name='pull' site='tip'/>",
                            "<motor name='nod' joint='neck'/><motor name='turn' joint='hip'/>"}) {
    CHECK(of(other).size() == 1);
    CHECK(of(other).count("actuator_names") == 1);
  }
  CHECK(of("<motor name='a,b' joint='hip'/>").count("actuator_names") == 0);
  CHECK(of("").empty());
}
