// SPDX-License-Identifier: MIT
#include "vantage/policy/policy_file.hpp"

#include <fstream>

#include "catch.hpp"
#include "io/temporary_folder.hpp"
#include "walk.hpp"

using namespace vantage;

namespace {

GaussianPolicy<float> make(const GaussianPolicyOptions& options) {
  Rng rng(5);
  GaussianPolicy<float> policy(2, 1, options, rng);
  for (float& parameter : policy.parameters()) parameter += static_cast<float>(0.2 * rng.normal());
  return policy;
}

Normalizer seen() {
  Normalizer normalizer(2, {.clip = 3, .epsilon = 0.01});
  RunningMoments moments(2);
  moments.add(Eigen::Vector2d(1, 5));
  moments.add(Eigen::Vector2d(2, -4));
  normalizer.update(moments);
  return normalizer;
}

}  // namespace

TEST_CASE("a loaded policy acts as the one that was saved") {
  const TemporaryFolder folder;
  Context context;
  const Normalizer normalizer = seen();
  const EnvironmentSpec spec = Walk().spec();
  for (const bool state_dependent : {false, true}) {
    for (const bool bounded : {false, true}) {
      for (const ActionMap map : {ActionMap::none, ActionMap::clip, ActionMap::clip_and_rescale}) {
        GaussianPolicyOptions options{.hidden = {5, 4}, .activation = Activation::tanh};
        options.state_dependent_std = state_dependent;
        if (bounded) options.log_std_bounds = LogStdBounds{-3, 1};
        const auto policy = make(options);
        const Normalizer* used = state_dependent ? nullptr : &normalizer;
        save_policy(folder / "p", policy, used, map, spec, {{"note", "kept"}});
        auto loaded = DeployedPolicy<float>::load(folder / "p");
        CHECK(loaded.policy().parameters() == policy.parameters());
        CHECK(loaded.action_map() == map);
        CHECK((loaded.normalizer() != nullptr) == (used != nullptr));
        CHECK(loaded.metadata().at("note") == "kept");
        CHECK(loaded.metadata().at("task") == "walk");
        for (const double x : {-3.0, -0.2, 0.9, 40.0}) {
          const Vector<double> observation{{x, 2 * x}};
          Matrix<float> input(2, 1), output(1, 1);
          input = observation.cast<float>();
          if (used != nullptr) used->apply(observation, input.col(0));
          policy.mode(input, output, context, 0);
          Vector<double> expected, action(1);
          apply<float>(map, output.col(0), spec.action_low, spec.action_high, expected);
          loaded.act(observation, action);
          CHECK(action == expected);
          // the distribution too, not the mode alone
          Vector<float> mine(1), theirs(1);
          policy.entropy(input, context, mine);
          loaded.policy().entropy(input, context, theirs);
          CHECK(mine == theirs);
        }
      }
    }
  }
}

TEST_CASE("other files are refused by name") {
  const TemporaryFolder folder;
  const auto load = [&](const char* name) { return DeployedPolicy<float>::load(folder / name); };
  CHECK_THROWS_AS(load("absent"), FileError);
  std::ofstream(folder / "text") << "not a policy";
  CHECK_THROWS_AS(load("text"), FileError);
  auto policy = make({.hidden = {3}});
  save_state(folder / "state", policy);
  CHECK_THROWS_WITH(load("state"), Catch::Matchers::ContainsSubstring((folder / "state").string()));

  // numbers that are not finite
  policy.parameters()[0] = std::numeric_limits<float>::quiet_NaN();
  save_policy(folder / "nan", policy, nullptr, ActionMap::clip, Walk().spec());
  CHECK_THROWS_WITH(load("nan"), Catch::Matchers::ContainsSubstring("finite parameters"));

  // an architecture that does not fit the numbers
  for (const char* widths : {"2,4,1", "2", "", "2,,1", "2,3,1,", "2,-3,1", "9999999999999,1", "2,3,2", "x"}) {
    StateWriter writer;
    for (const auto& [key, value] : FileMetadata{{"format", "vantage policy 1"},
                                                 {"task", "walk"},
                                                 {"widths", widths},
                                                 {"activation", "tanh"},
                                                 {"action_map", "clip"},
                                                 {"standard_deviation", "free"}}) {
      writer.set_metadata(key, value);
    }
    writer("policy.parameters", make({.hidden = {3}}).parameters());
    writer("action_low", Walk().spec().action_low);
    writer("action_high", Walk().spec().action_high);
    writer.save(folder / "widths");
    INFO(widths);
    CHECK_THROWS_AS(load("widths"), FileError);
  }
}

TEST_CASE("every truncation and every changed byte of a policy file is found") {
  const TemporaryFolder folder;
  const Normalizer normalizer = seen();
  save_policy(folder / "p", make({.hidden = {3}}), &normalizer, ActionMap::clip, Walk().spec(), {{"note", "kept"}});
  const std::string bytes = read_file(folder / "p");
  const auto load = [&](const std::string& damaged) {
    std::ofstream(folder / "q", std::ios::binary) << damaged;
    return DeployedPolicy<float>::load(folder / "q");
  };
  CHECK_NOTHROW(load(bytes));
  for (std::size_t size = 0; size < bytes.size(); size += 7) CHECK_THROWS_AS(load(bytes.substr(0, size)), FileError);
  Rng rng(3);
  int accepted = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] ^= static_cast<char>(1U << rng.below(8));
    try {
      load(damaged);
      ++accepted;
    } catch (const FileError&) {
    }
  }
  // but for the seven letters of the checksum's own name, without which the file counts as one that has none
  CHECK(accepted <= 7);
}
