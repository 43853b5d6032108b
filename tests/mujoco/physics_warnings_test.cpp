// SPDX-License-Identifier: MIT
#include "vantage/mujoco/physics_warnings.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/mujoco/custom_task.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

/// What `call` writes to standard error.
std::string errors_of(const std::function<void()>& call) {
  const TemporaryFolder folder;
  const std::string file = (folder / "stderr").string();
  std::fflush(stderr);
  const int original = ::dup(2);
  std::FILE* const other = std::fopen(file.c_str(), "w");
  ::dup2(::fileno(other), 2);
  call();
  std::fflush(stderr);
  ::dup2(original, 2);
  ::close(original);
  std::fclose(other);
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Three boxes that rest on a floor, and a motor that pushes a fourth above them; 12 contacts of 4 constraints each.
CustomTask boxes(const std::string& name, const std::string& size) {
  std::string text = "<mujoco>" + size + "<worldbody><geom type='plane' size='2 2 .1'/>";
  for (const char* x : {"-.5", "0", ".5"}) {
    text += std::string("<body pos='") + x + " 0 .0999'><freejoint/><geom type='box' size='.1 .1 .1'/></body>";
  }
  text += R"(<body pos="0 1 1"><joint name="s" type="slide" axis="1 0 0"/><geom size=".1"/></body></worldbody>
    <actuator><motor joint="s" ctrllimited="true" ctrlrange="-1 1"/></actuator></mujoco>)";
  CustomTask task{.model = Model::from_xml_string(text), .observation_size = 1, .name = name};
  task.observe = [](const mjModel&, const mjData& data, VectorRef<double> out) { out[0] = data.qpos[2]; };
  task.reward = [](const mjModel&, const mjData& data, ConstVectorRef<double>) { return data.nefc; };
  return task;
}

#if mjVERSION_HEADER >= 300
constexpr const char* too_small = "<size memory='16K'/>";
constexpr const char* cure = "<size memory=\"...\"/>, now 16K";
#else
constexpr const char* too_small = "<size nconmax='5' njmax='500'/>";
constexpr const char* cure = "nconmax=\"...\" njmax=\"...\"/>, now 5 and 500";
#endif

TEST_CASE("physics warnings: a full buffer is counted in every step and said once, with the cure") {
  CustomEnvironment world(boxes("stacked", too_small));
  Vector<double> observation(1);
  Rng rng(1);
  Index warned = 0;
  double constraints = 0;
  const std::string said = errors_of([&] {
    world.reset(rng, observation);
    for (int t = 0; t < 20; ++t) {
      const StepResult result = world.step(Vector<double>::Zero(1), observation);
      warned += result.warnings > 0 ? 1 : 0;
      constraints = result.reward;
      CHECK_FALSE(result.fault);
    }
    CustomEnvironment copy(world);
    copy.reset(rng, observation);
    CustomEnvironment(boxes("stacked", too_small)).reset(rng, observation);
  });
  CHECK(warned > 0);
  INFO(said);
  CHECK_THAT(said, ContainsSubstring("vantage: stacked: MuJoCo leaves co"));
  CHECK_THAT(said, ContainsSubstring(cure));
  CHECK(said.find("stacked: ") == said.rfind("stacked: "));

  // with room there is nothing to say
  CustomEnvironment roomy(boxes("roomy", ""));
  const std::string silence = errors_of([&] {
    roomy.reset(rng, observation);
    StepResult result;
    for (int t = 0; t < 20; ++t) {
      result = roomy.step(Vector<double>::Zero(1), observation);
      CHECK(result.warnings == 0);
    }
    CHECK(result.reward == 48);
    CHECK(constraints < 48);
  });
  CHECK(silence.empty());
}

TEST_CASE("physics warnings: each kind has its words") {
  const Model model = boxes("words", "").model;
  DataLease lease(model);
  mjData& data = lease.get();
  CHECK(count_physics_warnings(data) == 0);
  CHECK(describe_physics_warnings(model.get(), data).empty());
  data.warning[mjWARN_BADQPOS].number = 5;
  CHECK(count_physics_warnings(data) == 0);
  data.warning[mjWARN_CONTACTFULL].number = 2;
  CHECK_THAT(describe_physics_warnings(model.get(), data), ContainsSubstring("leaves contacts out"));
  data.warning[mjWARN_CNSTRFULL].number = 3;
  CHECK_THAT(describe_physics_warnings(model.get(), data), ContainsSubstring("leaves constraints out"));
  data.warning[mjWARN_INERTIA].number = 4;
  CHECK_THAT(describe_physics_warnings(model.get(), data), ContainsSubstring("armature"));
  CHECK(count_physics_warnings(data) == 9);
  clear_warnings(data);
  CHECK(count_physics_warnings(data) == 0);
}

}  // namespace
