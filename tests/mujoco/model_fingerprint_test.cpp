// SPDX-License-Identifier: MIT
#include "vantage/mujoco/model_fingerprint.hpp"

#include <filesystem>
#include <fstream>
#include <set>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "test_data.hpp"
#include "vantage/mujoco/mujoco.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;

std::string changed(const std::string& part, const std::string& by) {
  return Model::from_xml_string(replaced(hopper_mjcf, part, by)).fingerprint();
}

TEST_CASE("model fingerprint: the same model has the same, pictures aside") {
  const Model model = Model::from_xml_string(hopper_mjcf);
  const std::string expected = model.fingerprint();
  INFO(expected);
  CHECK(expected.substr(0, expected.find(':')) == version_text());
  CHECK(expected.size() == version_text().size() + 17);
  CHECK(Model::from_xml_string(hopper_mjcf, "by another name").fingerprint() == expected);
  CHECK(HopperEnvironment().fingerprint() == expected);
  CHECK(changed("<worldbody>", "<!-- another word --> <worldbody>") == expected);
  CHECK(changed("<worldbody>", R"(<visual><map znear=".1"/></visual><worldbody><light pos="0 0 9"/>
      <camera pos="0 0 3"/>)") == expected);
  CHECK(changed("rgba=\".75 .55 .35 1\"", "rgba=\"1 0 0 1\" group=\"2\"") == expected);
}

TEST_CASE("model fingerprint: whatever the simulation or a task can see changes it") {
  const std::string expected = Model::from_xml_string(hopper_mjcf).fingerprint();
  CHECK(changed("timestep=\"0.002\"", "timestep=\"0.003\"") != expected);
  CHECK(changed("integrator=\"RK4\"", "integrator=\"Euler\"") != expected);
  CHECK(changed("<worldbody>", "<option gravity=\"0 0 -9.8\"/><worldbody>") != expected);
  CHECK(changed("<worldbody>", "<statistic meaninertia=\"3\"/><worldbody>") != expected);
  CHECK(changed("gear=\"200\"", "gear=\"201\"") != expected);
  CHECK(changed("ctrlrange=\"-1 1\"", "ctrlrange=\"-1 1.001\"") != expected);
  CHECK(changed("</worldbody>", "<site name=\"s\"/></worldbody>") != expected);
  CHECK(changed("name=\"rootx\"", "name=\"rooty0\"") != expected);
  CHECK(changed("</mujoco>", "<keyframe><key time=\"1\"/></keyframe></mujoco>") != expected);
  CHECK(changed("<worldbody>", "<custom><numeric name=\"n\" data=\"1\"/></custom><worldbody>") !=
        changed("<worldbody>", "<custom><numeric name=\"n\" data=\"2\"/></custom><worldbody>"));
}

TEST_CASE("model fingerprint: a mesh counts, its place does not") {
  const std::filesystem::path robots = test_data() / "robots";
  const TemporaryFolder folder;
  const auto copied = [&](const std::string& name) {
    std::filesystem::copy(robots, folder / name, std::filesystem::copy_options::recursive);
    return folder / name;
  };
  const auto fingerprint = [](const std::filesystem::path& where) {
    return Model::from_xml_file((where / "two_link_arm.urdf").string()).fingerprint();
  };
  CHECK(fingerprint(copied("moved")) == fingerprint(robots));
  // in a folder that MuJoCo has not seen: it keeps meshes by path and whole seconds
  const std::filesystem::path other = copied("changed");
  std::ofstream(other / "meshes" / "tetrahedron.obj", std::ios::app) << "v 3 3 3\nf 1 2 5\n";
  CHECK(fingerprint(other) != fingerprint(robots));
}

TEST_CASE("model fingerprint: the tasks' models differ") {
  std::set<std::string> all;
  const auto add = [&](auto environment) { all.insert(environment.fingerprint()); };
  add(AntEnvironment());
  add(HalfCheetahEnvironment());
  add(HopperEnvironment());
  add(HumanoidEnvironment());
  add(HumanoidStandupEnvironment());
  add(InvertedDoublePendulumEnvironment());
  add(InvertedPendulumEnvironment());
  add(PusherEnvironment());
  add(PusherEnvironment(Pusher::v4()));
  add(ReacherEnvironment());
  add(SwimmerEnvironment());
  add(TargetSpeedAntEnvironment());
  add(Walker2dEnvironment());
  CHECK(all.size() == 13);
}

}  // namespace
