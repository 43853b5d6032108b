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
    const bool discrete = name.find("choice") != std::string::npos || name == "score";
    CHECK(metadata.contains("discrete_actions") == discrete);
    CHECK(metadata.contains("action_low") == !discrete);
    CHECK(metadata.contains("action_high") == !discrete);
    CHECK(metadata.contains("action_scale") == !discrete);
    if (discrete) CHECK(metadata.at("discrete_actions") == "4");
    if (discrete) CHECK(metadata.at("action_size") == "1");
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
