// SPDX-License-Identifier: MIT
// a policy's file: refused with a FileError, or a policy that acts
#include <string_view>

#include "fuzz.hpp"
#include "memory_file.hpp"
#include "vantage/policy/policy_file.hpp"

using namespace vantage;

void fuzz(std::string_view text) {
  static MemoryFile memory;
  try {
    const PolicyFile<float> file = load_policy<float>(memory.write(text));
    static Context context;
    const Index observations = file.policy.observation_size();
    Matrix<float> observation = Matrix<float>::Zero(observations, 1);
    if (file.policy.mask_row()) observation.middleRows(*file.policy.mask_row(), file.policy.mask().size()).setOnes();
    Matrix<float> action(file.policy.action_size(), 1);
    file.policy.mode(observation, action, context, 0);
    fuzz_require(file.action_low.size() == 0 || file.action_low.size() == action.rows(), "bounds of another size");
  } catch (const FileError&) {
  }
}
