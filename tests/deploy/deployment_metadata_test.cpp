// SPDX-License-Identifier: MIT
#include "vantage/deploy/deployment_metadata.hpp"

#include <string>

#include "catch.hpp"
#include "exported_policies.hpp"

using namespace vantage;

TEST_CASE("an export says what its file says, its sizes and bounds, and that nothing is left to scale") {
  PolicyFunction function = policy_function(exported_policies<float>().front().file);
  function.metadata = {{"task", "walk"}, {"format", "vantage policy 1"}, {"fnv1a64", "0"}, {"update", ""}};
  const FileMetadata expected{{"action_high", "1.2,inf,0.5"},      {"action_low", "-0.4,-inf,-inf"},
                              {"action_scale", "1,1,1"},           {"action_size", "3"},
                              {"observation_size", "5"},           {"task", "walk"},
                              {"vantage_version", VANTAGE_VERSION}};
  CHECK(deployment_metadata(function) == expected);
}

TEST_CASE("a discrete action has no bounds and no scale") {
  for (const auto& [name, file, same_order] : exported_policies<double>()) {
    const FileMetadata metadata = deployment_metadata(policy_function(file));
    CAPTURE(name);
    const bool is_masked = name.starts_with("masked"),
               discrete = is_masked || name.find("choice") != std::string::npos || name == "score";
    const Index actions = file.policy.action_size();
    const bool several = discrete && actions > 1;
    CHECK(metadata.contains("discrete_actions") == (discrete && !several));
    CHECK(metadata.contains("action_choices") == several);
    CHECK(metadata.contains("mask_row") == is_masked);
    CHECK(metadata.contains("action_low") == !discrete);
    CHECK(metadata.contains("action_high") == !discrete);
    CHECK(metadata.contains("action_scale") == !discrete);
    if (discrete && !several) CHECK(metadata.at("discrete_actions") == (is_masked ? "3" : "4"));
    if (several) CHECK(metadata.at("action_choices") == (is_masked ? "2,2" : "3,2,4"));
    if (is_masked) CHECK(metadata.at("mask_row") == csv_number(*file.policy.mask_row()));
    CHECK(metadata.at("action_size") == csv_number(actions));
  }
}

TEST_CASE("what is given goes first, and an empty value takes a key away") {
  PolicyFunction function = policy_function(exported_policies<float>().front().file);
  const FileMetadata metadata =
      deployment_metadata(function, {{"joint_names", "hip,knee"}, {"action_scale", "0.25"}, {"task", ""}});
  CHECK(metadata.at("joint_names") == "hip,knee");
  CHECK(metadata.at("action_scale") == "0.25");
  CHECK(!metadata.contains("task"));
  CHECK_THROWS_WITH(deployment_metadata(function, {{"", "x"}}), "metadata: expected a key before the value, got x");
  CHECK_THROWS_WITH(deployment_metadata(function, {{"note", "\xFF"}}), "metadata: expected text in UTF-8, got note");
  // what the file itself says too
  function.metadata["note"] = "\xFF";
  CHECK_THROWS_WITH(deployment_metadata(function), "metadata: expected text in UTF-8, got note");
}
