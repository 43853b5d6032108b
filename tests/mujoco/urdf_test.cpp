// SPDX-License-Identifier: MIT
#include "vantage/mujoco/urdf.hpp"

#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "test_data.hpp"
#include "vantage/mujoco/names.hpp"

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string path = (test_data() / "robots/two_link_arm.urdf").string();
constexpr const char* motors =
    "<actuator><motor name='shoulder' joint='shoulder' gear='20' ctrllimited='true' ctrlrange='-1 1'/>"
    "<motor name='elbow' joint='elbow' gear='5'/></actuator><sensor><jointpos name='bend' joint='elbow'/></sensor>";

constexpr const char* pendulum = R"(<robot name="pendulum"><link name="base"/><link name="rod">
  <inertial><origin xyz="0 0 -0.5"/><mass value="2"/>
    <inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="hinge" type="continuous"><parent link="base"/><child link="rod"/><axis xyz="0 1 0"/></joint></robot>)";

}  // namespace

TEST_CASE("urdf: a file and its mesh are read; what it cannot say is added") {
  const Model plain = Model::from_xml_file(path);
  CHECK(plain->nq == 2);
  CHECK(plain->nu == 0);
  CHECK(plain->nmesh == 1);

  const Model model = load_urdf(path, motors);
  CHECK(model->nq == 2);
  CHECK(model->nmesh == 1);
  CHECK(model->nmeshvert == plain->nmeshvert);
  REQUIRE(model->nu == 2);
  CHECK(model->actuator_gear[6 * actuator_id(model, "shoulder")] == 20);
  CHECK(sensor_id(model, "bend") == 0);
  // radians stay radians, and the masses are the file's
  CHECK(model->jnt_range[2 * joint_id(model, "shoulder")] == Approx(-1.5));
  CHECK(model->body_mass[body_id(model, "upper")] == Approx(1.5));
  CHECK(model->body_mass[body_id(model, "fore")] == Approx(0.5));
  CHECK(model->body_pos[3 * body_id(model, "fore") + 2] == Approx(0.5));
}

TEST_CASE("urdf: a relative path, and folders of any name") {
  namespace fs = std::filesystem;
  const TemporaryFolder temporary;
  const fs::path folder = temporary / "two arms & \"more\" é";
  fs::copy(fs::path(path).parent_path(), folder, fs::copy_options::recursive);
  const std::string expected = load_urdf(path, motors).fingerprint();
  CHECK(load_urdf(folder / "two_link_arm.urdf", motors).fingerprint() == expected);
  const fs::path before = fs::current_path();
  fs::current_path(folder);
  const std::string here = load_urdf("two_link_arm.urdf", motors).fingerprint();
  fs::current_path(temporary.path());
  const std::string below = load_urdf(folder.filename() / "two_link_arm.urdf", motors).fingerprint();
  fs::current_path(before);
  CHECK(here == expected);
  CHECK(below == expected);

  // a folder that the URDF names itself, absolute
  std::string text = "<robot name=\"r\"><mujoco><compiler meshdir=\"" +
                     (fs::path(path).parent_path() / "meshes").string() + "\"/></mujoco>" +
                     std::string(pendulum).substr(std::string(pendulum).find('>') + 1);
  text.insert(text.find("</inertial>") + 11,
              "<visual><geometry><mesh filename=\"tetrahedron.obj\"/></geometry></visual>");
  std::ofstream(temporary / "absolute.urdf") << text;
  CHECK(load_urdf(temporary / "absolute.urdf", "")->nq == 1);
}

TEST_CASE("urdf: a text moves by its own masses and the motor that was added") {
  const Model model =
      load_urdf_string(pendulum, "<option timestep='0.001'/><actuator><motor joint='hinge' gear='3'/></actuator>");
  REQUIRE(model->nu == 1);
  CHECK(model->opt.timestep == 0.001);
  DataLease lease(model);
  mjData& data = lease.get();
  data.qpos[0] = 0.3;
  data.ctrl[0] = 0.5;
  mj_forward(&model.get(), &data);
  // (I + m l^2) q'' = -m g l sin q + gear u
  CHECK(data.qacc[0] == Approx((-2 * 9.81 * 0.5 * std::sin(0.3) + 1.5) / (0.1 + 2 * 0.25)).epsilon(1e-4));
}

TEST_CASE("urdf: errors name the file, or say that they are in what was added") {
  CHECK_THROWS_WITH(load_urdf("none/arm.urdf", ""), ContainsSubstring("none/arm.urdf: "));
  CHECK_THROWS_WITH(load_urdf(path, "<actuator><motor joint='knee'/></actuator>"),
                    ContainsSubstring("two_link_arm.urdf with the MJCF added to it: ") && ContainsSubstring("knee"));
  CHECK_THROWS_WITH(load_urdf_string("<robot name='a'><link name='b'/>\n<joint name='j' type='fixed'>"
                                     "<parent link='c'/><child link='b'/></joint></robot>",
                                     "", "mine"),
                    ContainsSubstring("mine: ") && ContainsSubstring("line 2"));
}
