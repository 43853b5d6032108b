// SPDX-License-Identifier: MIT
// a policy's file: refused with a FileError, or a policy that acts with finite numbers
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "fuzz.hpp"
#include "vantage/policy/policy_file.hpp"

using namespace vantage;

namespace {

// a file of this process, which the next input overwrites
std::filesystem::path written(std::string_view text) {
  static const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("vantage-fuzz-" + std::to_string(::getpid()) + ".safetensors");
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

}  // namespace

void fuzz(std::string_view text) {
  try {
    const PolicyFile<float> file = load_policy<float>(written(text));
    static Context context;
    const Index observations = file.policy.observation_size();
    const Matrix<float> observation = Matrix<float>::Zero(observations, 1);
    Matrix<float> action(file.policy.action_size(), 1);
    file.policy.mode(observation, action, context, 0);
    fuzz_require(file.action_low.size() == 0 || file.action_low.size() == action.rows(), "bounds of another size");
  } catch (const FileError&) {
  }
}
