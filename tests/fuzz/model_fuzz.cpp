// SPDX-License-Identifier: MIT
// the path of a model and what a task makes of the model there: any bytes as the name, one of a few models as the
// content. MuJoCo's own reader of XML is not what is tried here
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "fuzz.hpp"
#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/reacher.hpp"
#include "vantage/mujoco/urdf.hpp"

using namespace vantage;

namespace {

constexpr std::array<const char*, 5> kContents{
    "", "<mujoco/>", "<mujoco><worldbody><body><joint name='a'/><geom size='.1'/></body></worldbody></mujoco>",
    "<mujoco><worldbody><body name='torso' pos='0 0 1'><joint type='slide' axis='1 0 0'/><joint type='slide' axis='0 0 "
    "1'/>"
    "<joint name='h' axis='0 1 0'/><geom size='.1'/></body></worldbody><actuator><motor joint='h' ctrlrange='-1 1'/>"
    "</actuator></mujoco>",
    "<robot name='r'><link name='l'/></robot>"};

// a folder of this process, made anew for each input
std::filesystem::path folder() {
  const auto path = std::filesystem::temp_directory_path() / ("vantage-fuzz-models-" + std::to_string(::getpid()));
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

template <class Task>
void play(const std::string& file) {
  Task task;
  task.xml_file = file;
  mujoco::Environment<Task> world(task);
  Rng rng(1);
  Vector<double> observation(world.spec().observation_size);
  world.reset(rng, observation);
  for (int i = 0; i < 3; ++i) world.step(Vector<double>::Constant(world.spec().action_size(), 0.5), observation);
}

}  // namespace

void fuzz(std::string_view text) {
  if (text.size() < 2) return;
  const auto choice = static_cast<unsigned char>(text[0]);
  const std::string content = kContents[choice % kContents.size()];
  // a name inside the folder, whatever it is made of
  std::string name(text.substr(1));
  for (char& c : name) c = c == '/' ? '|' : c;
  if (name == "." || name == "..") return;
  const std::filesystem::path path = folder() / name;
  std::ofstream(path, std::ios::binary) << content;
  try {
    switch (choice / kContents.size() % 4) {
      case 0:
        return play<mujoco::Hopper>(path.string());
      case 1:
        return play<mujoco::Ant>(path.string());
      case 2:
        return play<mujoco::Reacher>(path.string());
      default:
        fuzz_require(mujoco::load_urdf(path.string(), "<actuator/>")->nbody > 0, "a model without a world");
    }
  } catch (const std::invalid_argument&) {
  } catch (const mujoco::MujocoError&) {
  } catch (const FileError&) {
  }
}
