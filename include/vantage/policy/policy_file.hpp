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
#include "vantage/policy/any_policy.hpp"
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

template <class S>
void write_distribution(StateWriter& writer, const GaussianPolicy<S>& policy) {
  writer.set_metadata("distribution", "gaussian");
  writer.set_metadata("standard_deviation", policy.options().state_dependent_std ? "state_dependent" : "free");
  if (policy.options().log_std_bounds) {
    writer("policy.log_std_low", policy.options().log_std_bounds->low);
    writer("policy.log_std_high", policy.options().log_std_bounds->high);
  }
}

template <class S>
void write_distribution(StateWriter& writer, const CategoricalPolicy<S>&) {
  writer.set_metadata("distribution", "categorical");
}

/// Makes the policy that the file tells of, having checked the sizes of what is there before.
template <class S>
class PolicyReader {
 public:
  explicit PolicyReader(StateReader& reader) : reader_(reader) {}

  const std::string& text(const char* key) const {
    const auto found = reader_.file().metadata().find(key);
    if (found == reader_.file().metadata().end()) fail("expected the metadata ", key);
    return found->second;
  }

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw FileError(join(reader_.file().path(), ": policy: ", parts...));
  }

  /// `action_size` is the number of action bounds: none for discrete actions.
  AnyPolicy<S> policy(Index action_size) {
    const std::string& path = reader_.file().path();
    widths_ = split_widths(path, text("widths"));
    const auto activation =
        static_cast<Activation>(find_name(path, "activation", text("activation"), kActivationNames));
    // files of version 0.1 do not say what only one distribution could be
    const auto& metadata = reader_.file().metadata();
    if (!metadata.contains("distribution") || text("distribution") == "gaussian")
      return gaussian(activation, action_size);
    if (text("distribution") == "categorical") return categorical(activation, action_size);
    fail("unknown distribution \"", text("distribution"), '"');
  }

 private:
  AnyPolicy<S> gaussian(Activation activation, Index action_size) {
    GaussianPolicyOptions options;
    options.activation = activation;
    options.state_dependent_std = text("standard_deviation") == "state_dependent";
    read_parameters(options.state_dependent_std ? 2 * action_size : action_size,
                    options.state_dependent_std ? 0 : action_size, action_size >= 1, action_size);
    if (reader_.file().contains("policy.log_std_low")) {
      LogStdBounds bounds;
      reader_("policy.log_std_low", bounds.low);
      reader_("policy.log_std_high", bounds.high);
      options.log_std = 0.5 * (bounds.low + bounds.high);
      if (!(bounds.low < options.log_std && options.log_std < bounds.high)) {
        fail("expected log_std bounds low < high, got ", bounds.low, ", ", bounds.high);
      }
      options.log_std_bounds = bounds;
    }
    return finish(GaussianPolicy<S>(widths_.front(), action_size, with_hidden(options), rng_));
  }

  AnyPolicy<S> categorical(Activation activation, Index action_size) {
    CategoricalPolicyOptions options;
    options.activation = activation;
    const Index outputs = widths_.empty() ? 0 : widths_.back();
    read_parameters(outputs, 0, action_size == 0 && outputs >= 2, action_size);
    return finish(CategoricalPolicy<S>(widths_.front(), outputs, with_hidden(options), rng_));
  }

  void read_parameters(Index outputs, Index free, bool fits, Index action_size) {
    reader_("policy.parameters", parameters_);
    Index expected = free;
    for (std::size_t layer = 0; layer + 1 < widths_.size(); ++layer) {
      expected += (widths_[layer] + 1) * widths_[layer + 1];
    }
    if (!fits || widths_.size() < 2 || widths_.back() != outputs || parameters_.size() != expected ||
        !parameters_.allFinite()) {
      fail("expected ", expected, " finite parameters and ", outputs, " outputs for widths ", text("widths"), ", got ",
           parameters_.size(), " parameters, ", action_size, " action bounds");
    }
  }

  template <class Options>
  Options with_hidden(Options options) const {
    options.hidden.assign(widths_.begin() + 1, widths_.end() - 1);
    return options;
  }

  template <class P>
  AnyPolicy<S> finish(P policy) {
    policy.parameters() = parameters_;
    return AnyPolicy<S>(std::move(policy));
  }

  StateReader& reader_;
  std::vector<Index> widths_;
  Vector<S> parameters_;
  Rng rng_;
};

}  // namespace detail

/// Writes a policy with all that acting needs: its normaliser (may be null: raw observations), action map and the
/// task's action bounds. `metadata` is kept beside the policy's own keys.
/// Throws: FileError; std::invalid_argument for a policy that is not for actions of this task.
template <DifferentiablePolicy P>
void save_policy(const std::filesystem::path& path, const P& policy, const Normalizer* normalizer, ActionMap action_map,
                 const EnvironmentSpec& spec, const FileMetadata& metadata = {}) {
  require(policy.discrete_actions() == spec.discrete_actions, "save_policy",
          "a policy with the task's discrete actions", policy.discrete_actions());
  StateWriter writer;
  for (const auto& [key, value] : metadata) writer.set_metadata(key, value);
  writer.set_metadata("format", "vantage policy 1");
  writer.set_metadata("task", spec.name);
  writer.set_metadata("widths", detail::join_widths(policy.network().widths()));
  writer.set_metadata("activation",
                      std::string(kActivationNames[static_cast<std::size_t>(policy.network().activation())]));
  writer.set_metadata("action_map", std::string(kActionMapNames[static_cast<std::size_t>(action_map)]));
  detail::write_distribution(writer, policy);
  writer("policy.parameters", policy.parameters());
  if (!spec.is_discrete()) {
    writer("action_low", spec.action_low);
    writer("action_high", spec.action_high);
  }
  if (normalizer != nullptr) writer("normalizer", *normalizer);
  writer.save(path);
}

/// Writes the policy alone of a model that is more than one, such as ActorCritic.
template <DifferentiablePolicy M>
requires(requires(const M& model) {
  model.policy();
}) void save_policy(const std::filesystem::path& path, const M& model, const Normalizer* normalizer,
                    ActionMap action_map, const EnvironmentSpec& spec, const FileMetadata& metadata = {}) {
  save_policy(path, model.policy(), normalizer, action_map, spec, metadata);
}

/// What a policy file holds: all that acting needs.
template <class S>
struct PolicyFile {
  AnyPolicy<S> policy;
  std::optional<Normalizer> normalizer;  ///< none: the policy sees raw observations
  ActionMap action_map;
  Vector<double> action_low;  ///< empty where the actions are discrete
  Vector<double> action_high;
  FileMetadata metadata;
};

/// Reads what save_policy wrote. Throws: FileError for a file that is damaged or holds something else.
template <class S>
[[nodiscard]] PolicyFile<S> load_policy(const std::filesystem::path& path) {
  StateReader reader(path);
  detail::PolicyReader<S> file(reader);
  if (file.text("format") != "vantage policy 1") {
    file.fail("expected format \"vantage policy 1\", got \"", file.text("format"), '"');
  }
  Vector<double> low, high;
  if (reader.file().contains("action_low")) {
    reader("action_low", low);
    reader("action_high", high);
  }
  if (low.size() != high.size()) file.fail("expected ", low.size(), " upper action bounds, got ", high.size());
  AnyPolicy<S> policy = file.policy(low.size());
  std::optional<Normalizer> normalizer;
  if (reader.file().contains("normalizer.moments.mean")) {
    normalizer.emplace(policy.observation_size());
    reader("normalizer", *normalizer);
    if (!normalizer->valid()) file.fail("expected a finite normaliser with clip > 0");
  }
  const auto map = static_cast<ActionMap>(
      detail::find_name(reader.file().path(), "action_map", file.text("action_map"), kActionMapNames));
  return {std::move(policy), std::move(normalizer), map, std::move(low), std::move(high), reader.file().metadata()};
}

}  // namespace vantage

#endif
