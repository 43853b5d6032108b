// SPDX-License-Identifier: MIT
// Replays recorded Gymnasium transitions: every file of the folder that VANTAGE_GOLDEN names, or of data/gymnasium.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "env/classic_alignment.hpp"
#include "test_data.hpp"
#include "vantage/core/error.hpp"
#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/humanoid.hpp"
#include "vantage/mujoco/humanoid_standup.hpp"
#include "vantage/mujoco/inverted_double_pendulum.hpp"
#include "vantage/mujoco/inverted_pendulum.hpp"
#include "vantage/mujoco/pusher.hpp"
#include "vantage/mujoco/reacher.hpp"
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
  compare(where + ".size", static_cast<double>(ours.size()), static_cast<double>(recorded.size()));
  for (Index i = 0; i < ours.size(); ++i) {
    compare(where + "[" + std::to_string(i) + "]", ours[i], recorded[static_cast<std::size_t>(i)]);
  }
}

Vector<double> read_vector(const json& list) {
  const auto numbers = list.get<std::vector<double>>();
  return Eigen::Map<const Vector<double>>(numbers.data(), static_cast<Index>(numbers.size()));
}

/// The preset with the recorded options.
template <class Task>
Task read_options(Task task, const json& options) {
  for (const auto& [name, value] : options.items()) {
    bool found = false;
    mujoco::visit_options(task, [&, &key = name, &given = value](const char* option, auto& field) {
      if (key != option) return;
      given.get_to(field);
      found = true;
    });
    if (!found) throw Mismatch(std::string("unknown option ") + name);
  }
  return task;
}

/// Sizes and bounds of the spaces, in the float32 that Gymnasium's have, and the time limit. Recordings made elsewhere
/// may lack them.
void compare_spec(const EnvironmentSpec& spec, const json& recording) {
  if (recording.contains("max_episode_steps")) {
    compare("max_episode_steps", static_cast<double>(spec.max_episode_steps),
            recording.at("max_episode_steps").get<double>());
  }
  if (!recording.contains("spaces")) return;
  const json& spaces = recording.at("spaces");
  compare("observation_size", static_cast<double>(spec.observation_size), spaces.at("observation_size").get<double>());
  const auto rounded = [](const Vector<double>& bounds) { return Vector<double>(bounds.cast<float>().cast<double>()); };
  if (spaces.contains("action_low")) {
    compare("action_low", rounded(spec.action_low), spaces.at("action_low").get<std::vector<double>>());
    compare("action_high", rounded(spec.action_high), spaces.at("action_high").get<std::vector<double>>());
  }
}

/// The terms of the reward by name.
template <class E>
void compare_terms(const std::string& at, const E& environment, const json& terms) {
  const auto& names = environment.spec().reward_terms;
  for (const auto& [name, value] : terms.items()) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) throw Mismatch(vantage::detail::join(at, ": no reward term ", name));
    compare(vantage::detail::join(at, ", field ", name),
            environment.reward_terms()[static_cast<std::size_t>(found - names.begin())], value.template get<double>());
  }
}

/// Replays all episodes; `start(environment, episode, observation)` begins one.
template <class E, class Start>
void replay(E environment, const json& recording, Start&& start) {
  Vector<double> observation(environment.spec().observation_size);
  const json& episodes = recording.at("episodes");
  if (episodes.empty()) throw Mismatch("no episodes");
  for (std::size_t e = 0; e < episodes.size(); ++e) {
    const json& episode = episodes[e];
    const std::string where = "task " + environment.spec().name + ", episode " + std::to_string(e);
    start(environment, episode, observation);
    compare(where + ", start, field observation", observation,
            episode.at("observation").template get<std::vector<double>>());
    const json& steps = episode.at("steps");
    for (std::size_t t = 0; t < steps.size(); ++t) {
      const std::string at = where + ", step " + std::to_string(t);
      const Vector<double> action = read_vector(steps[t].at("action"));
      compare(at + ", field action.size", static_cast<double>(environment.spec().action_size()),
              static_cast<double>(action.size()));
      const StepResult result = environment.step(action, observation);
      compare(at + ", field observation", observation, steps[t].at("observation").template get<std::vector<double>>());
      compare(at + ", field reward", result.reward, steps[t].at("reward").template get<double>());
      compare(at + ", field terminated", result.terminated, steps[t].at("terminated").template get<bool>());
      compare(at + ", field fault", result.fault, 0);
      if (steps[t].contains("terms")) compare_terms(at, environment, steps[t].at("terms"));
    }
  }
}

using Replay = std::function<void(const json& recording, bool same_version)>;

/// A row of the table: a MuJoCo task under the name of its preset. Another version of MuJoCo may move otherwise, but
/// spaces and limit are the same.
template <class Task>
std::pair<const std::string, Replay> mujoco_row(const Task& preset) {
  return {preset.name, [preset](const json& recording, bool same_version) {
            const mujoco::Environment<Task> made(read_options(preset, recording.at("options")));
            compare_spec(made.spec(), recording);
            if (!same_version) return;
            replay(made, recording, [](auto& environment, const json& episode, Vector<double>& observation) {
              environment.set_state(read_vector(episode.at("qpos")), read_vector(episode.at("qvel")), observation);
            });
          }};
}

/// One row a task.
const std::map<std::string, Replay>& replays() {
  static const std::map<std::string, Replay> all{
      mujoco_row(mujoco::Ant{}),      //
      mujoco_row(mujoco::Ant::v4()),  //
      mujoco_row(mujoco::HalfCheetah{}),
      mujoco_row(mujoco::HalfCheetah::v4()),
      mujoco_row(mujoco::Hopper{}),
      mujoco_row(mujoco::Hopper::v4()),
      mujoco_row(mujoco::Humanoid{}),             //
      mujoco_row(mujoco::Humanoid::v4()),         //
      mujoco_row(mujoco::HumanoidStandup{}),      //
      mujoco_row(mujoco::HumanoidStandup::v4()),  //
      mujoco_row(mujoco::InvertedDoublePendulum{}),
      mujoco_row(mujoco::InvertedDoublePendulum::v4()),
      mujoco_row(mujoco::Pusher{}),
      mujoco_row(mujoco::Pusher::v4()),
      mujoco_row(mujoco::Reacher{}),
      mujoco_row(mujoco::Reacher::v4()),
      mujoco_row(mujoco::InvertedPendulum{}),
      mujoco_row(mujoco::InvertedPendulum::v4()),
      mujoco_row(mujoco::Swimmer{}),
      mujoco_row(mujoco::Swimmer::v4()),
      mujoco_row(mujoco::Walker2d{}),
      mujoco_row(mujoco::Walker2d::v4()),
  };
  return all;
}

enum class Verdict { replayed, skipped };

/// Throws whatever is wrong with the file or with us; `ours`: a task that has no row is wrong too.
Verdict replay_file(const fs::path& path, bool ours) {
  std::ifstream file(path);
  const json recording = json::parse(file);
  const auto task = recording.at("task").get<std::string>();
  if (const auto classic = vantage::testing::ClassicReplay::find(task); classic != nullptr) {
    classic(recording);
    std::cout << "replayed " << path.string() << '\n';
    return Verdict::replayed;
  }
  const auto version = recording.at("mujoco").get<std::string>();
  const auto known = replays().find(task);
  if (known == replays().end() && ours) throw Mismatch("task " + task + " has no row in this test");
  if (ours && !(recording.contains("spaces") && recording.contains("max_episode_steps"))) {
    throw Mismatch("no spaces or no limit recorded");
  }
  if (known == replays().end()) {
    std::cout << "skipped " << path.string() << ": task " << task << " is not built\n";
    return Verdict::skipped;
  }
  known->second(recording, version == mujoco::version_text());
  if (version != mujoco::version_text()) {
    std::cout << "skipped " << path.string() << ": recorded with MuJoCo " << version << ", this is "
              << mujoco::version_text() << '\n';
    return Verdict::skipped;
  }
  std::cout << "replayed " << path.string() << '\n';
  return Verdict::replayed;
}

TEST_CASE("recorded Gymnasium transitions are reproduced", "[alignment]") {
  const char* chosen = std::getenv("VANTAGE_GOLDEN");
  const fs::path folder = chosen != nullptr ? fs::path(chosen) : test_data() / "gymnasium";
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
      replay_file(path, chosen == nullptr);
      SUCCEED();
    } catch (const std::exception& error) {
      FAIL_CHECK(path.string() << ": " << error.what());
    }
  }
}

TEST_CASE("every task and preset has recordings, the newest with changed options too", "[alignment]") {
  const fs::path folder = test_data() / "gymnasium";
  for (const auto& [name, replay] : replays()) {
    INFO(name);
    CHECK(fs::exists(folder / (name + "_default.json")));
    CHECK((!name.ends_with("-v5") || fs::exists(folder / (name + "_changed.json"))));
  }
}

}  // namespace
