// SPDX-License-Identifier: MIT
// Replays recorded Gymnasium transitions: every file of the folder that VANTAGE_GOLDEN names, or of data/gymnasium.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/inverted_pendulum.hpp"
#include "vantage/mujoco/swimmer.hpp"
#include "vantage/mujoco/walker2d.hpp"

namespace {

using nlohmann::json;
using namespace vantage;
namespace fs = std::filesystem;

struct Mismatch : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void compare(const std::string& where, double ours, double recorded) {
  if (std::abs(ours - recorded) <= 1e-9 * std::max(1.0, std::abs(recorded))) return;
  std::ostringstream text;
  text.precision(17);
  text << where << ": " << ours << " instead of " << recorded;
  throw Mismatch(text.str());
}

void compare(const std::string& where, const Vector<double>& ours, const std::vector<double>& recorded) {
  compare(where + ", field observation.size", static_cast<double>(ours.size()), static_cast<double>(recorded.size()));
  for (Index i = 0; i < ours.size(); ++i) {
    compare(where + ", field observation[" + std::to_string(i) + "]", ours[i], recorded[static_cast<std::size_t>(i)]);
  }
}

Vector<double> read_vector(const json& list) {
  const auto numbers = list.get<std::vector<double>>();
  return Eigen::Map<const Vector<double>>(numbers.data(), static_cast<Index>(numbers.size()));
}

template <class Task>
Task read_options(const json& options) {
  Task task;
  for (const auto& [name, value] : options.items()) {
    bool found = false;
    mujoco::visit_options(task, [&, &key = name, &given = value](const char* option, auto& field) {
      if (key != option) return;
      given.get_to(field);
      found = true;
    });
    if (!found) throw Mismatch(std::string(Task::name) + ": unknown option " + name);
  }
  return task;
}

template <class Task>
void replay(const json& recording) {
  mujoco::Environment<Task> environment(read_options<Task>(recording.at("options")));
  Vector<double> observation(environment.spec().observation_size);
  const json& episodes = recording.at("episodes");
  if (episodes.empty()) throw Mismatch(std::string(Task::name) + ": no episodes");
  for (std::size_t e = 0; e < episodes.size(); ++e) {
    const json& episode = episodes[e];
    std::string where = std::string("task ") + Task::name + ", episode " + std::to_string(e);
    environment.set_state(read_vector(episode.at("qpos")), read_vector(episode.at("qvel")), observation);
    compare(where + ", start", observation, episode.at("observation").get<std::vector<double>>());
    const json& steps = episode.at("steps");
    for (std::size_t t = 0; t < steps.size(); ++t) {
      const std::string at = where + ", step " + std::to_string(t);
      const Vector<double> action = read_vector(steps[t].at("action"));
      compare(at + ", field action.size", static_cast<double>(environment.spec().action_size()),
              static_cast<double>(action.size()));
      const StepResult result = environment.step(action, observation);
      compare(at, observation, steps[t].at("observation").get<std::vector<double>>());
      compare(at + ", field reward", result.reward, steps[t].at("reward").get<double>());
      compare(at + ", field terminated", result.terminated, steps[t].at("terminated").get<bool>());
      compare(at + ", field fault", result.fault, 0);
    }
  }
}

struct Replayer {
  const char* task;
  void (*replay)(const json&);
};

const std::vector<Replayer>& replayers() {
  static const std::vector<Replayer> all{
      {mujoco::HalfCheetah::name, &replay<mujoco::HalfCheetah>},
      {mujoco::Hopper::name, &replay<mujoco::Hopper>},
      {mujoco::InvertedPendulum::name, &replay<mujoco::InvertedPendulum>},
      {mujoco::Swimmer::name, &replay<mujoco::Swimmer>},
      {mujoco::Walker2d::name, &replay<mujoco::Walker2d>},
  };
  return all;
}

enum class Verdict { replayed, skipped };

/// Throws whatever is wrong with the file or with us.
Verdict replay_file(const fs::path& path) {
  std::ifstream file(path);
  const json recording = json::parse(file);
  const auto task = recording.at("task").get<std::string>();
  const auto version = recording.at("mujoco").get<std::string>();
  const auto known =
      std::find_if(replayers().begin(), replayers().end(), [&](const Replayer& r) { return task == r.task; });
  if (known == replayers().end()) {
    std::cout << "skipped " << path.string() << ": task " << task << " is not built\n";
    return Verdict::skipped;
  }
  if (version != mujoco::version_text()) {
    std::cout << "skipped " << path.string() << ": recorded with MuJoCo " << version << ", this is "
              << mujoco::version_text() << '\n';
    return Verdict::skipped;
  }
  known->replay(recording);
  std::cout << "replayed " << path.string() << '\n';
  return Verdict::replayed;
}

TEST_CASE("recorded Gymnasium transitions are reproduced", "[alignment]") {
  const char* chosen = std::getenv("VANTAGE_GOLDEN");
  const fs::path folder = chosen != nullptr ? fs::path(chosen) : fs::path(VANTAGE_TEST_DATA_DIR) / "gymnasium";
  INFO("folder " << folder.string());
  REQUIRE(fs::is_directory(folder));
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE_FALSE(files.empty());
  for (const fs::path& path : files) {
    try {
      replay_file(path);
      SUCCEED();
    } catch (const std::exception& error) {
      FAIL_CHECK(path.string() << ": " << error.what());
    }
  }
}

}  // namespace
