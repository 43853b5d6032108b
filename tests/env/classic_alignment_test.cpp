// SPDX-License-Identifier: MIT
// the recordings of data/gymnasium that need no MuJoCo; alignment_test replays those of any folder
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "catch.hpp"
#include "classic_alignment.hpp"
#include "test_data.hpp"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using vantage::testing::ClassicReplay;

json read(const fs::path& path) {
  std::ifstream file(path);
  return json::parse(file);
}

TEST_CASE("recorded transitions of the classic control tasks are reproduced") {
  std::set<std::string> replayed;
  for (const fs::directory_entry& entry : fs::directory_iterator(test_data() / "gymnasium")) {
    if (entry.path().extension() != ".json") continue;
    const json recording = read(entry.path());
    const auto replay = ClassicReplay::find(recording.at("task").get<std::string>());
    if (replay == nullptr) continue;
    try {
      replay(recording);
      replayed.insert(entry.path().stem().string());
    } catch (const std::exception& error) {
      FAIL_CHECK(entry.path().string() << ": " << error.what());
    }
  }
  CHECK(replayed == std::set<std::string>{"Acrobot-v1_default", "CartPole-v1_changed", "CartPole-v1_default",
                                          "MountainCarContinuous-v0_changed", "MountainCarContinuous-v0_default",
                                          "MountainCar-v0_changed", "MountainCar-v0_default", "Pendulum-v1_changed",
                                          "Pendulum-v1_default"});
}

TEST_CASE("a recording that differs in any field is found") {
  const json good = read(test_data() / "gymnasium" / "CartPole-v1_default.json");
  const auto replay = ClassicReplay::find("CartPole-v1");
  REQUIRE_NOTHROW(replay(good));
  const auto fails = [&](auto&& change) {
    json bad = good;
    change(bad);
    CHECK_THROWS(replay(bad));
  };
  fails([](json& r) { r["episodes"][0]["steps"][3]["observation"][1] = 0.5; });
  fails([](json& r) { r["episodes"][0]["observation"][2] = 0.3; });
  fails([](json& r) { r["episodes"][0]["steps"][3]["reward"] = 1 + 1e-9; });
  fails([](json& r) { r["episodes"][0]["steps"][3]["terminated"] = true; });
  fails([](json& r) { r["max_episode_steps"] = 200; });
  fails([](json& r) { r["spaces"]["action_count"] = 3; });
  fails([](json& r) { r["options"]["sutton_barto_reward"] = true; });
  fails([](json& r) { r["options"]["unknown"] = 1; });
  fails([](json& r) { r["episodes"] = json::array(); });
}

}  // namespace
