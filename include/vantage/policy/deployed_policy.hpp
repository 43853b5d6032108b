// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_DEPLOYED_POLICY_HPP
#define VANTAGE_POLICY_DEPLOYED_POLICY_HPP

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/policy/policy_file.hpp"

namespace vantage {

/// What a deployed policy does with an observation that is not finite.
enum class BadObservation {
  refuse,  ///< throws
  hold     ///< gives the last good action again; before there is one, throws
};

struct DeployedPolicyOptions {
  BadObservation bad_observation = BadObservation::refuse;  ///< what becomes of it
};

/// A policy as it is deployed: takes observations and gives actions in the task's own units, or the number of a
/// discrete action.
template <class S>
class DeployedPolicy {
 public:
  /// Acts by what a policy file held.
  explicit DeployedPolicy(PolicyFile<S> file, const DeployedPolicyOptions& options = {})
      : file_(std::move(file)),
        options_(options),
        input_(policy().observation_size(), 1),
        output_(policy().action_size(), 1) {}

  /// Reads what save_policy wrote. Throws: FileError for a file that is damaged or holds something else.
  [[nodiscard]] static DeployedPolicy load(const std::filesystem::path& path,
                                           const DeployedPolicyOptions& options = {}) {
    return DeployedPolicy(load_policy<S>(path), options);
  }

  /// The policy itself.
  [[nodiscard]] const AnyPolicy<S>& policy() const { return file_.policy; }
  /// Null where the policy sees raw observations.
  [[nodiscard]] const Normalizer* normalizer() const { return file_.normalizer ? &*file_.normalizer : nullptr; }
  [[nodiscard]] ActionMap action_map() const { return file_.action_map; }
  /// The policy file's text by name.
  [[nodiscard]] const FileMetadata& metadata() const { return file_.metadata; }

  /// How many observations in a row, up to the last one, were answered with the last good action.
  [[nodiscard]] std::int64_t held() const { return held_; }

  /// The policy's mode for one observation. An observation that is not finite, or so large that the action would not
  /// be, never becomes an action of its own: see BadObservation. Allocates nothing after the first call.
  /// Shapes: observation O, action A. Pre: not called by two threads at once; copies are independent.
  /// Throws: std::invalid_argument for other sizes, and for an observation that is refused; `action` stays as it was.
  void act(ConstVectorRef<double> observation, VectorRef<double> action) {
    if (observation.size() != input_.rows()) refuse("an observation", input_.rows(), observation.size());
    if (action.size() != output_.rows()) refuse("room for an action", output_.rows(), action.size());
    if (observation.allFinite() && respond(observation)) {
      has_acted_ = true;
      held_ = 0;
    } else {
      require(options_.bad_observation == BadObservation::hold, "DeployedPolicy::act",
              "an observation that gives a finite action", observation.transpose());
      require(has_acted_, "DeployedPolicy::act", "a good observation before the first one to hold the action for",
              observation.transpose());
      ++held_;
    }
    action = action_;
  }

 private:
  [[noreturn]] static void refuse(const char* what, Index expected, Index size) {
    throw std::invalid_argument(
        detail::join("DeployedPolicy::act: expected ", what, " of ", expected, " numbers, got ", size));
  }

  // puts the action into action_, unless it would not be finite
  bool respond(ConstVectorRef<double> observation) {
    if (file_.normalizer) {
      file_.normalizer->apply(observation, input_.col(0));
    } else {
      input_ = observation.template cast<S>();
    }
    const bool finite = policy().visit([&](const auto& policy) {
      const Mlp& network = policy.network();
      const auto output = network.forward(policy.parameters().head(network.parameter_count()), input_, tape_);
      if (!output.allFinite()) return false;
      policy.mode_of_output(output, output_);
      return output_.allFinite();
    });
    if (!finite) return false;
    if (policy().discrete_actions() > 0) {
      action_ = output_.col(0).template cast<double>();
    } else {
      apply<S>(file_.action_map, output_.col(0), file_.action_low, file_.action_high, action_);
    }
    return true;
  }

  PolicyFile<S> file_;
  DeployedPolicyOptions options_;
  MlpTape<S> tape_;
  Matrix<S> input_;
  Matrix<S> output_;
  Vector<double> action_;  // the last good one
  bool has_acted_ = false;
  std::int64_t held_ = 0;
};

}  // namespace vantage

#endif
