// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_DEPLOYED_POLICY_HPP
#define VANTAGE_POLICY_DEPLOYED_POLICY_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <utility>

#include "vantage/core/error.hpp"
#include "vantage/policy/policy_file.hpp"

namespace vantage {

/// What a deployed policy does with an observation that is not finite.
enum class BadObservation {
  refuse,  ///< throws
  hold,    ///< gives the policy's last action again; before there is one, throws
  give     ///< gives DeployedPolicyOptions::safe_action
};

/// What a deployed policy does with an observation that is far from what it was trained on.
enum class FarObservation {
  accept,  ///< acts, and says how far it is
  refuse,  ///< throws
  hold,    ///< gives the policy's last action again; before there is one, throws
  give     ///< gives DeployedPolicyOptions::safe_action
};

struct DeployedPolicyOptions {
  BadObservation bad_observation = BadObservation::refuse;  ///< what becomes of it
  FarObservation far_observation =
      FarObservation::accept;    ///< anything else needs a normaliser that has seen something
  double far_deviation = 6;      ///< standard deviations from training's mean beyond which a component is far
  Vector<double> safe_action{};  ///< in the task's units, within its bounds; only where something gives it
};

/// A policy as it is deployed: takes observations and gives actions in the task's own units, or the number of a
/// discrete action. How far an observation is from those of training is told by the normaliser's moments,
///
///     z_i = (x_i - mean_i) / sqrt(variance_i + epsilon)
///
/// before the clip, of components that the normaliser leaves as they are too. Without a normaliser, or with one that
/// has seen nothing, nothing is known of it.
///
/// Where observations hold a mask of actions, what it forbids is never given, and one that is not sound makes the
/// observation a bad one. A mask is neither near nor far.
template <class S>
class DeployedPolicy {
 public:
  /// Acts by what a policy file held.
  /// Throws: std::invalid_argument for a far_deviation that is not positive, for a far_observation that needs moments
  /// where there are none, and for a safe action that is no action of the task, is missing, or is given by nothing.
  explicit DeployedPolicy(PolicyFile<S> file, const DeployedPolicyOptions& options = {})
      : file_(std::move(file)),
        options_(options),
        input_(policy().observation_size(), 1),
        output_(policy().action_size(), 1) {
    constexpr const char* kWho = "DeployedPolicy";
    if (knows_training()) {
      mean_ = normalizer()->moments().mean();
      inverse_deviation_.resize(mean_.size());
      for (Index i = 0; i < mean_.size(); ++i) inverse_deviation_[i] = normalizer()->inverse_deviation(i);
    }
    require(options.far_deviation > 0, kWho, "far_deviation > 0", options.far_deviation);
    require(options.far_observation == FarObservation::accept || knows_training(), kWho,
            "a policy with a normaliser that tells what is far", normalizer() == nullptr ? "none" : "an empty one");
    const Vector<double>& safe = options.safe_action;
    if (options.bad_observation != BadObservation::give && options.far_observation != FarObservation::give) {
      require(safe.size() == 0, kWho, "no safe action, since nothing gives it", detail::Listed(safe));
      return;
    }
    require(safe.size() == output_.rows() && is_action(safe), kWho, "a safe action of the task", detail::Listed(safe));
  }

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

  /// How many observations in a row, up to the last one, were answered by another action than the policy's.
  [[nodiscard]] std::int64_t held() const { return held_; }

  /// Largest |z_i| of the last observation, in standard deviations; not a number where nothing is known of it: before
  /// the first observation, after one that is not finite, and for a policy without moments.
  [[nodiscard]] double deviation() const { return deviation_; }
  /// Share of the last observation's components with |z_i| > far_deviation; not a number as above.
  [[nodiscard]] double far_share() const { return far_share_; }

  /// The policy's mode for one observation. An observation that is not finite, or so large that the action would not
  /// be, never becomes an action of its own: see BadObservation. One with a component that is far is answered as
  /// FarObservation says. Allocates nothing after the first call.
  /// Shapes: observation O, action A. Pre: not called by two threads at once; copies are independent.
  /// Throws: std::invalid_argument for other sizes, for an observation that is refused, and where what is held or given
  /// is forbidden by a mask; `action` stays as it was.
  void act(ConstVectorRef<double> observation, VectorRef<double> action) {
    if (observation.size() != input_.rows()) refuse("an observation", input_.rows(), observation.size());
    if (action.size() != output_.rows()) refuse("room for an action", output_.rows(), action.size());
    look_at(observation);
    if (far_share_ > 0 && options_.far_observation != FarObservation::accept) {
      replace(options_.far_observation, "an observation like those of training", observation, action);
    } else if (observation.allFinite() && respond(observation)) {
      has_acted_ = true;
      held_ = 0;
      action = action_;
    } else {
      replace(options_.bad_observation, "an observation that gives a finite action", observation, action);
    }
  }

 private:
  [[noreturn]] static void refuse(const char* what, Index expected, Index size) {
    throw std::invalid_argument(
        detail::join("DeployedPolicy::act: expected ", what, " of ", expected, " numbers, got ", size));
  }

  [[nodiscard]] bool knows_training() const { return normalizer() != nullptr && normalizer()->moments().count() > 0; }

  [[nodiscard]] bool is_action(const Vector<double>& action) const {
    if (const auto choices = policy().choices(); !choices.empty()) {
      for (std::size_t i = 0; i < choices.size(); ++i) {
        if (!is_discrete_action(action[static_cast<Index>(i)], choices[i])) return false;
      }
      return true;
    }
    return action.allFinite() && (action.array() >= file_.action_low.array()).all() &&
           (action.array() <= file_.action_high.array()).all();
  }

  void look_at(ConstVectorRef<double> observation) {
    deviation_ = far_share_ = std::numeric_limits<double>::quiet_NaN();
    if (!knows_training() || !observation.allFinite()) return;
    deviations_ = ((observation - mean_).array() * inverse_deviation_.array()).abs();
    if (const ActionMask& mask = policy().mask(); mask.is_on()) deviations_.segment(*mask.row(), mask.size()).setZero();
    deviation_ = deviations_.maxCoeff();
    far_share_ = static_cast<double>((deviations_.array() > options_.far_deviation).count()) /
                 static_cast<double>(observation.size());
  }

  // answers without the policy
  template <class Rule>
  void replace(Rule rule, const char* expected, ConstVectorRef<double> observation, VectorRef<double> action) {
    constexpr const char* kWho = "DeployedPolicy::act";
    require(rule != Rule::refuse, kWho, expected, detail::Listed(observation));
    if (rule == Rule::hold) {
      require(has_acted_, kWho, "a good observation before the first one to hold the action for",
              detail::Listed(observation));
    }
    const Vector<double>& given = rule == Rule::hold ? action_ : options_.safe_action;
    require(!policy().mask().is_sound(observation) || policy().mask().allows(observation, given), kWho,
            "a mask that allows what is held or given in place of an action", detail::Listed(observation));
    action = given;
    ++held_;
  }

  // puts the action into action_, unless it would not be finite
  bool respond(ConstVectorRef<double> observation) {
    if (file_.normalizer) {
      file_.normalizer->apply(observation, input_.col(0));
    } else {
      input_ = observation.template cast<S>();
    }
    const bool finite = policy().visit([&](const auto& policy) {
      const auto& network = policy.network();
      auto output = network.forward(policy.parameters().head(network.parameter_count()), input_, tape(network));
      if (!output.allFinite() || !policy.mask().is_sound(input_.col(0))) return false;
      if (policy.mask().is_on()) policy.mask().apply(input_, output);
      policy.mode_of_output(output, output_);
      return output_.allFinite();
    });
    if (!finite) return false;
    if (!policy().choices().empty()) {
      action_ = output_.col(0).template cast<double>();
    } else {
      apply<S>(file_.action_map, output_.col(0), file_.action_low, file_.action_high, action_);
    }
    return true;
  }

  using Network = Sequential<Encoder, Mlp>;

  typename Network::template Tape<S>& tape(const Network&) { return tape_; }
  MlpTape<S>& tape(const Mlp&) { return tape_.second(); }

  PolicyFile<S> file_;
  DeployedPolicyOptions options_;
  Vector<double> mean_;  // of what training saw, where that is known
  Vector<double> inverse_deviation_;
  typename Network::template Tape<S> tape_;
  Matrix<S> input_;
  Matrix<S> output_;
  Vector<double> deviations_;
  Vector<double> action_;  // the policy's last one
  bool has_acted_ = false;
  std::int64_t held_ = 0;
  double deviation_ = std::numeric_limits<double>::quiet_NaN();
  double far_share_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace vantage

#endif
