// SPDX-License-Identifier: MIT
// the path of a model and what a task makes of the model there: any bytes as the name, one of a few models as the
// content. MuJoCo's own reader of XML is not what is tried here
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "fuzz.hpp"
#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/reacher.hpp"
#include "vantage/mujoco/urdf.hpp"

using namespace vantage;

namespace {

// the least memory that a simulation of them takes: to clear what MuJoCo takes by itself is nine tenths of an input's
// time
#define LITTLE "<size memory='16K'/>"
constexpr std::array<const char*, 5> kContents{
    "", "<mujoco>" LITTLE "</mujoco>",
    "<mujoco>" LITTLE "<worldbody><body><joint name='a'/><geom size='.1'/></body></worldbody></mujoco>",
    "<mujoco>" LITTLE
    "<worldbody><body name='torso' pos='0 0 1'><joint type='slide' axis='1 0 0'/><joint type='slide' axis='0 0 1'/>"
    "<joint name='h' axis='0 1 0'/><geom size='.1'/></body></worldbody><actuator><motor joint='h' ctrlrange='-1 1'/>"
    "</actuator></mujoco>",
    "<robot name='r'><mujoco>" LITTLE "</mujoco><link name='l'/></robot>"};

/// A folder of this process, in memory where there is such, and that of all temporary files: there until it ends.
class Folder {
 public:
  Folder() {
    std::filesystem::create_directory(path_);
    ::setenv("TMPDIR", path_.c_str(), 1);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_ =
      (std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()) /
      std::filesystem::path("vantage-fuzz-models-" + std::to_string(::getpid()));
};

/// A file that is there only while this is.
class File {
 public:
  File(std::filesystem::path path, const std::string& content) : path_(std::move(path)) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { ::unlink(path_.c_str()); }

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

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
  static const Folder folder;
  const File file(folder.path() / name, content);
  try {
    switch (choice / kContents.size() % 4) {
      case 0:
        return play<mujoco::Hopper>(file.path());
      case 1:
        return play<mujoco::Ant>(file.path());
      case 2:
        return play<mujoco::Reacher>(file.path());
      default:
        fuzz_require(mujoco::load_urdf(file.path(), "<actuator/>")->nbody > 0, "a model without a world");
    }
  } catch (const std::invalid_argument&) {
  } catch (const mujoco::MujocoError&) {
  } catch (const FileError&) {
  }
}
