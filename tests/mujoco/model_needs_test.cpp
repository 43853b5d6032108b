// SPDX-License-Identifier: MIT
#include "vantage/mujoco/model_needs.hpp"

#include <fstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/mujoco/mujoco.hpp"

namespace {

using namespace vantage;
using namespace vantage::mujoco;
using Catch::Matchers::ContainsSubstring;

constexpr const char* capsule = R"(<geom type="capsule" size=".05" fromto="0 0 0 0 0 -.5"/>)";

/// Small models of the kinds that users try, by name: each lacks something that some task reads.
std::vector<std::pair<std::string, std::string>> small_models() {
  const std::string hinge = std::string(R"(<body pos="0 0 1"><joint name="a" axis="0 1 0"/>)") + capsule;
  const std::string two = hinge + R"(<body pos="0 0 -.5"><joint name="b" axis="0 1 0"/>)" + capsule + "</body>";
  const std::string motor = R"(<actuator><motor joint="a" ctrllimited="true" ctrlrange="-1 1"/></actuator>)";
  const auto model = [](const std::string& name, const std::string& world, const std::string& rest) {
    return std::pair{name, "<mujoco model='" + name + "'><worldbody>" + world + "</worldbody>" + rest + "</mujoco>"};
  };
  return {
      model("nothing", "", ""),
      model("no motor", hinge + "</body>", ""),
      model("one hinge", hinge + "</body>", motor),
      model("two hinges", two + "</body>", motor),
      model("a ball", std::string(R"(<body pos="0 0 1"><joint name="a" type="ball"/>)") + capsule + "</body>", motor),
      model("free", std::string(R"(<body pos="0 0 1"><joint name="a" type="free"/>)") + capsule + "</body>", motor),
      model("free without motor", std::string(R"(<body pos="0 0 1"><freejoint/>)") + capsule + "</body>", ""),
      model("two hinges on a floor", R"(<geom type="plane" size="1 1 1"/>)" + two + "</body>", motor)};
}

/// Every model is refused in words, or the environment made of it is sound.
template <class Task>
void check_small_models(const Task& preset) {
  const TemporaryFolder folder;
  int refused = 0;
  for (const auto& [name, text] : small_models()) {
    INFO(preset.name << " with " << name);
    const std::string file = (folder / (name + ".xml")).string();
    std::ofstream(file) << text;
    Task task = preset;
    task.xml_file = file;
    try {
      const mujoco::Environment<Task> world(task);
      // whatever fits must not read past an end: an address sanitizer sees it
      CHECK(check_environment(world, {.steps = 20, .check_no_reset = false}).steps == 20);
    } catch (const std::invalid_argument& error) {
      ++refused;
      INFO(error.what());
      CHECK_THAT(error.what(), ContainsSubstring(std::string(preset.name) + ": expected a model with at least "));
      CHECK_THAT(error.what(), ContainsSubstring("got \"" + name + "\" with "));
    }
  }
  // no motor is never enough
  CHECK(refused >= 3);
}

TEST_CASE("model needs: no task reads what a user's model does not have") {
  check_small_models(Ant{});
  check_small_models(Ant::v4());
  check_small_models(HalfCheetah{});
  check_small_models(Hopper{});
  check_small_models(Humanoid{});
  check_small_models(Humanoid::v4());
  check_small_models(HumanoidStandup{});
  check_small_models(InvertedDoublePendulum{});
  check_small_models(InvertedDoublePendulum::v4());
  check_small_models(InvertedPendulum{});
  check_small_models(Pusher{});
  check_small_models(Reacher{});
  check_small_models(Swimmer{});
  check_small_models(TargetSpeedAnt{});
  check_small_models(Walker2d{});
}

TEST_CASE("model needs: the message says who, what is needed and what the model has") {
  const Model model = Model::from_xml_string(small_models()[2].second);
  const auto words = [&](const ModelNeeds& needs) {
    try {
      require_model(model, needs, "Task");
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(words({}).empty());
  CHECK(words({.positions = 1, .velocities = 1, .bodies = 1}).empty());
  CHECK(words({.positions = 2, .sites = 1, .meaning = "the first site is the tip"}) ==
        "Task: expected a model with at least an actuator, 2 positions, 1 site (the first "
        "site is the tip), got \"one hinge\" with 1 position, 1 velocity, 1 actuator, 1 body, 0 sites; the first "
        "joint is a hinge");
  CHECK_THAT(words({.velocities = 2}), ContainsSubstring(", 2 velocities, got"));
  CHECK_THAT(words({.bodies = 2}), ContainsSubstring(", 2 bodies, got"));
  CHECK_THAT(words({.free_root = true}), ContainsSubstring(", a free first joint, got"));
  CHECK_THAT(words({.body_names = {"tip"}}), ContainsSubstring("a body \"tip\", got") &&
                                                 ContainsSubstring("is a hinge, no body \"tip\" among {world}"));
}

TEST_CASE("model needs: an environment refuses a model without motors, and observing nothing") {
  CustomTask task{.model = Model::from_xml_string(small_models()[1].second), .observation_size = 1};
  task.observe = [](const mjModel&, const mjData& data, VectorRef<double> out) { out[0] = data.qpos[0]; };
  task.reward = [](const mjModel&, const mjData&, ConstVectorRef<double>) { return 0.0; };
  CHECK_THROWS_WITH(CustomEnvironment(task), ContainsSubstring("custom: expected a model with at least an actuator"));
  task.model = Model::from_xml_string(small_models()[2].second);
  CHECK_NOTHROW(CustomEnvironment(task));
  task.observation_size = 0;
  CHECK_THROWS_WITH(CustomEnvironment(task), ContainsSubstring("custom: expected observation_size >= 1, got 0"));
}

}  // namespace
