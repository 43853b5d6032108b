// SPDX-License-Identifier: MIT
#include "vantage/deploy/onnx.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "catch.hpp"
#include "exported_policies.hpp"
#include "io/temporary_folder.hpp"
#include "test_data.hpp"

using namespace vantage;

namespace {

void write_numbers(const std::filesystem::path& path, const std::vector<Vector<double>>& rows) {
  std::string bytes;
  for (const auto& row : rows) {
    bytes.append(reinterpret_cast<const char*>(row.data()), static_cast<std::size_t>(row.size()) * sizeof(double));
  }
  write_file_atomically(path, bytes);
}

/// Writes models of all policies, with what DeployedPolicy does; returns their entries for cases.json.
template <class S>
std::string write_cases(const TemporaryFolder& folder) {
  const bool is_single = std::is_same_v<S, float>;
  std::string entries;
  for (const auto& [short_name, file, same_order] : exported_policies<S>()) {
    const std::string name = short_name + (is_single ? "_float" : "_double");
    const PolicyFunction function = policy_function(file);
    // layer norm divides by deviations that are small where a few units are nearly equal, rounding errors included
    const bool is_normalized =
        file.policy.visit([](const auto& policy) { return trunk_of(policy.network()).options().layer_norm; });
    const OnnxOptions options{.precision = is_single ? Precision::single_precision : Precision::double_precision,
                              .metadata = {{"joint_names", "hip,knee \xC3\xA9"}, {"task", ""}}};
    write_file_atomically(folder / (name + ".onnx"), onnx_model(function, options));
    DeployedPolicy<S> deployed(file);
    const auto observations = recorded_observations(file);
    std::vector<Vector<double>> actions;
    for (const auto& observation : observations) {
      actions.emplace_back(Vector<double>(file.policy.action_size()));
      deployed.act(observation, actions.back());
    }
    write_numbers(folder / (name + ".observations"), observations);
    write_numbers(folder / (name + ".actions"), actions);
    std::string metadata;
    for (const auto& [key, value] : deployment_metadata(function, options.metadata)) {
      metadata += (metadata.empty() ? "" : ", ") + json_quote(key) + ": " + json_quote(value);
    }
    entries += (entries.empty() ? "" : ",\n") +
               detail::join("{\"name\": ", json_quote(name), ", \"precision\": \"", is_single ? "float" : "double",
                            "\", \"observation_size\": 5, \"action_size\": ", file.policy.action_size(),
                            ", \"discrete\": ", !file.policy.choices().empty() ? "true" : "false",
                            ", \"tolerance\": ", is_single ? (is_normalized ? 4e-6 : 1e-6) : 1e-13, ", \"metadata\": {",
                            metadata, "}}");
  }
  return entries;
}

}  // namespace

TEST_CASE("ONNX's checker takes every model, and onnxruntime acts with it as DeployedPolicy does") {
  const TemporaryFolder folder;
  const std::string single = write_cases<float>(folder);
  write_file_atomically(folder / "cases.json", "[" + single + ",\n" + write_cases<double>(folder) + "]");
  const std::string script = (test_data().parent_path() / "scripts/run_onnx.py").string();
  const int status = std::system(
      ("python3 '" + script + "' '" + folder.path().string() + "' > '" + (folder / "out").string() + "' 2>&1").c_str());
  REQUIRE(WIFEXITED(status));
  // where all checks are made, the packages have to be there
  if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127) {
    if (std::getenv("VANTAGE_ALL_CHECKS") != nullptr) FAIL("python3 with numpy, onnx and onnxruntime was not found");
    WARN("skipped: python3 with numpy, onnx and onnxruntime was not found");
    return;
  }
  INFO(read_file(folder / "out"));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("numbers that single precision cannot hold are refused") {
  PolicyFunction huge = policy_function(exported_policies<float>().front().file);
  huge.layers[0].bias[0] = -1e39;
  CHECK_THROWS_WITH(onnx_model(huge), "onnx_model: expected numbers that single precision can hold, got -1e+39");
  CHECK_NOTHROW(onnx_model(huge, {.precision = Precision::double_precision}));
  // bounds may be infinite
  huge.layers[0].bias[0] = 0;
  huge.action_map = ActionMap::clip;
  CHECK_NOTHROW(onnx_model(huge));
}
