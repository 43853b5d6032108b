// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_DEPLOYED_POLICY_HPP
#define VANTAGE_POLICY_DEPLOYED_POLICY_HPP

#include <filesystem>
#include <utility>

#include "vantage/policy/policy_file.hpp"

namespace vantage {

/// A policy as it is deployed: takes observations and gives actions in the task's own units, or the number of a
/// discrete action.
template <class S>
class DeployedPolicy {
 public:
  explicit DeployedPolicy(PolicyFile<S> file)
      : file_(std::move(file)), input_(policy().observation_size(), 1), output_(policy().action_size(), 1) {}

  /// Reads what save_policy wrote. Throws: FileError for a file that is damaged or holds something else.
  [[nodiscard]] static DeployedPolicy load(const std::filesystem::path& path) {
    return DeployedPolicy(load_policy<S>(path));
  }

  [[nodiscard]] const AnyPolicy<S>& policy() const { return file_.policy; }
  /// Null where the policy sees raw observations.
  [[nodiscard]] const Normalizer* normalizer() const { return file_.normalizer ? &*file_.normalizer : nullptr; }
  [[nodiscard]] ActionMap action_map() const { return file_.action_map; }
  [[nodiscard]] const FileMetadata& metadata() const { return file_.metadata; }

  /// The policy's mode for one observation. Allocates nothing after the first call.
  /// Shapes: observation O, action A. Pre: not called by two threads at once; copies are independent.
  void act(ConstVectorRef<double> observation, VectorRef<double> action) {
    VANTAGE_ASSERT(observation.size() == policy().observation_size() && action.size() == policy().action_size());
    if (file_.normalizer) {
      file_.normalizer->apply(observation, input_.col(0));
    } else {
      input_ = observation.template cast<S>();
    }
    policy().visit([&](const auto& policy) {
      const Mlp& network = policy.network();
      const auto output = network.forward(policy.parameters().head(network.parameter_count()), input_, tape_);
      policy.mode_of_output(output, output_);
    });
    if (policy().discrete_actions() > 0) {
      action[0] = static_cast<double>(output_(0, 0));
      return;
    }
    apply<S>(file_.action_map, output_.col(0), file_.action_low, file_.action_high, mapped_);
    action = mapped_;
  }

 private:
  PolicyFile<S> file_;
  MlpTape<S> tape_;
  Matrix<S> input_;
  Matrix<S> output_;
  Vector<double> mapped_;
};

}  // namespace vantage

#endif
