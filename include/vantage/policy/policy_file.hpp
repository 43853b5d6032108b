// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_POLICY_FILE_HPP
#define VANTAGE_POLICY_POLICY_FILE_HPP

#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vantage/env/action_map.hpp"
#include "vantage/io/archive.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/rollout/normalizer.hpp"

namespace vantage {

namespace detail {

inline std::string join_widths(const std::vector<Index>& widths) {
  std::string text;
  for (const Index width : widths) text += (text.empty() ? "" : ",") + std::to_string(width);
  return text;
}

// widths of a file: few, positive, and small enough that their products do not overflow
inline std::vector<Index> split_widths(const std::string& path, const std::string& text) {
  std::vector<Index> widths;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    Index width = 0;
    const auto [next, error] = std::from_chars(at, end, width);
    const bool separated = next == end || (*next == ',' && next + 1 != end);
    if (error != std::errc{} || !separated || width < 1 || width > (1 << 20) || widths.size() >= 64) {
      throw FileError(join(path, ": policy: expected widths such as 17,64,6, got ", text));
    }
    widths.push_back(width);
    at = next == end ? end : next + 1;
  }
  return widths;
}

template <std::size_t N>
std::size_t find_name(const std::string& path, const char* key, const std::string& name,
                      const std::array<std::string_view, N>& names) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return i;
  }
  throw FileError(join(path, ": policy: unknown ", key, " \"", name, '"'));
}

}  // namespace detail

/// Writes a policy with all that acting needs: its normaliser (may be null: raw observations), action map and the
/// task's action bounds. `metadata` is kept beside the policy's own keys. Throws: FileError.
template <class S>
void save_policy(const std::filesystem::path& path, const GaussianPolicy<S>& policy, const Normalizer* normalizer,
                 ActionMap action_map, const EnvironmentSpec& spec, const FileMetadata& metadata = {}) {
  StateWriter writer;
  for (const auto& [key, value] : metadata) writer.set_metadata(key, value);
  writer.set_metadata("format", "vantage policy 1");
  writer.set_metadata("task", spec.name);
  writer.set_metadata("widths", detail::join_widths(policy.network().widths()));
  writer.set_metadata("activation",
                      std::string(kActivationNames[static_cast<std::size_t>(policy.network().activation())]));
  writer.set_metadata("action_map", std::string(kActionMapNames[static_cast<std::size_t>(action_map)]));
  writer.set_metadata("standard_deviation", policy.options().state_dependent_std ? "state_dependent" : "free");
  writer("policy.parameters", policy.parameters());
  if (policy.options().log_std_bounds) {
    writer("policy.log_std_low", policy.options().log_std_bounds->low);
    writer("policy.log_std_high", policy.options().log_std_bounds->high);
  }
  writer("action_low", spec.action_low);
  writer("action_high", spec.action_high);
  if (normalizer != nullptr) writer("normalizer", *normalizer);
  writer.save(path);
}

/// A policy as it is deployed: takes observations and gives actions in the task's own units.
template <class S>
class DeployedPolicy {
 public:
  /// Reads what save_policy wrote. Throws: FileError for a file that is damaged or holds something else.
  [[nodiscard]] static DeployedPolicy load(const std::filesystem::path& path) {
    StateReader reader(path);
    const FileMetadata& metadata = reader.file().metadata();
    const std::string& name = reader.file().path();
    const auto text = [&](const char* key) -> const std::string& {
      const auto found = metadata.find(key);
      if (found == metadata.end()) throw FileError(detail::join(name, ": policy: expected the metadata ", key));
      return found->second;
    };
    if (text("format") != "vantage policy 1") {
      throw FileError(
          detail::join(name, ": policy: expected format \"vantage policy 1\", got \"", text("format"), '"'));
    }

    // the architecture, checked against the size of what is there before anything is made of it
    std::vector<Index> widths = detail::split_widths(name, text("widths"));
    GaussianPolicyOptions options;
    options.activation =
        static_cast<Activation>(detail::find_name(name, "activation", text("activation"), kActivationNames));
    options.state_dependent_std = text("standard_deviation") == "state_dependent";
    Vector<S> parameters;
    reader("policy.parameters", parameters);
    Vector<double> low, high;
    reader("action_low", low);
    reader("action_high", high);
    Index expected = options.state_dependent_std ? 0 : low.size();
    for (std::size_t layer = 0; layer + 1 < widths.size(); ++layer) expected += (widths[layer] + 1) * widths[layer + 1];
    const Index outputs = options.state_dependent_std ? 2 * low.size() : low.size();
    if (widths.size() < 2 || low.size() < 1 || high.size() != low.size() || widths.back() != outputs ||
        parameters.size() != expected || !parameters.allFinite()) {
      throw FileError(detail::join(name, ": policy: expected ", expected, " finite parameters and ", outputs,
                                   " outputs for widths ", text("widths"), ", got ", parameters.size(), " parameters, ",
                                   low.size(), " action bounds"));
    }
    if (reader.file().contains("policy.log_std_low")) {
      LogStdBounds bounds;
      reader("policy.log_std_low", bounds.low);
      reader("policy.log_std_high", bounds.high);
      options.log_std = 0.5 * (bounds.low + bounds.high);
      if (!(bounds.low < options.log_std && options.log_std < bounds.high)) {
        throw FileError(
            detail::join(name, ": policy: expected log_std bounds low < high, got ", bounds.low, ", ", bounds.high));
      }
      options.log_std_bounds = bounds;
    }
    std::optional<Normalizer> normalizer;
    if (reader.file().contains("normalizer.moments.mean")) {
      normalizer.emplace(widths.front());
      reader("normalizer", *normalizer);
      if (!normalizer->valid())
        throw FileError(detail::join(name, ": policy: expected a finite normaliser with clip > 0"));
    }

    options.hidden.assign(widths.begin() + 1, widths.end() - 1);
    Rng rng;
    GaussianPolicy<S> policy(widths.front(), low.size(), options, rng);
    policy.parameters() = parameters;
    const auto map = static_cast<ActionMap>(detail::find_name(name, "action_map", text("action_map"), kActionMapNames));
    return DeployedPolicy(std::move(policy), std::move(normalizer), map, std::move(low), std::move(high), metadata);
  }

  [[nodiscard]] const GaussianPolicy<S>& policy() const { return policy_; }
  /// Null where the policy sees raw observations.
  [[nodiscard]] const Normalizer* normalizer() const { return normalizer_ ? &*normalizer_ : nullptr; }
  [[nodiscard]] ActionMap action_map() const { return action_map_; }
  [[nodiscard]] const FileMetadata& metadata() const { return metadata_; }

  /// The policy's mode for one observation, in the task's units. Allocates nothing after the first call.
  /// Shapes: observation O, action A. Pre: not called by two threads at once; copies are independent.
  void act(ConstVectorRef<double> observation, VectorRef<double> action) {
    VANTAGE_ASSERT(observation.size() == policy_.observation_size() && action.size() == policy_.action_size());
    if (normalizer_) {
      normalizer_->apply(observation, input_.col(0));
    } else {
      input_ = observation.template cast<S>();
    }
    output_ = policy_.network()
                  .template forward<S>(policy_.parameters().head(policy_.network().parameter_count()), input_, tape_)
                  .topRows(policy_.action_size());
    apply<S>(action_map_, output_.col(0), low_, high_, mapped_);
    action = mapped_;
  }

 private:
  DeployedPolicy(GaussianPolicy<S> policy, std::optional<Normalizer> normalizer, ActionMap action_map,
                 Vector<double> low, Vector<double> high, FileMetadata metadata)
      : policy_(std::move(policy)),
        normalizer_(std::move(normalizer)),
        action_map_(action_map),
        low_(std::move(low)),
        high_(std::move(high)),
        metadata_(std::move(metadata)),
        input_(policy_.observation_size(), 1) {}

  GaussianPolicy<S> policy_;
  std::optional<Normalizer> normalizer_;
  ActionMap action_map_;
  Vector<double> low_;
  Vector<double> high_;
  FileMetadata metadata_;
  MlpTape<S> tape_;
  Matrix<S> input_;
  Matrix<S> output_;
  Vector<double> mapped_;
};

}  // namespace vantage

#endif
