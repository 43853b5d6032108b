// SPDX-License-Identifier: MIT
#ifndef VANTAGE_POLICY_POLICY_FILE_HPP
#define VANTAGE_POLICY_POLICY_FILE_HPP

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "vantage/core/concepts.hpp"
#include "vantage/env/action_map.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/io/archive.hpp"
#include "vantage/policy/policy_record.hpp"
#include "vantage/rollout/normalizer.hpp"

namespace vantage {

/// What a policy file holds: all that acting needs.
template <class S>
struct PolicyFile {
  AnyPolicy<S> policy;                   ///< of whatever kind was saved
  std::optional<Normalizer> normalizer;  ///< none: the policy sees raw observations
  ActionMap action_map;                  ///< to the task's units
  Vector<double> action_low;             ///< empty where the actions are discrete
  Vector<double> action_high;            ///< as many as action_low
  FileMetadata metadata;                 ///< text by name that was saved beside it, such as the task
};

namespace detail {

template <class S>
PolicyFile<S> read_policy_file(StateReader& reader) {
  PolicyReader<S> file(reader);
  if (file.text("format") != kPolicyFormat && file.text("format") != kFormatOfChoices) {
    file.fail("expected format \"", kPolicyFormat, "\" or \"", kFormatOfChoices, "\", got \"", file.text("format"),
              '"');
  }
  Vector<double> low, high;
  if (reader.file().contains("action_low")) {
    reader("action_low", low);
    reader("action_high", high);
  }
  if (low.size() != high.size()) file.fail("expected ", low.size(), " upper action bounds, got ", high.size());
  for (Index i = 0; i < low.size(); ++i) {
    if (!(low[i] <= high[i])) {
      file.fail("expected action bounds low <= high, got ", low[i], ", ", high[i], " for component ", i);
    }
  }
  AnyPolicy<S> policy = file.policy(low.size());
  std::optional<Normalizer> normalizer;
  if (reader.file().contains("normalizer.moments.mean")) {
    normalizer.emplace(policy.observation_size());
    reader("normalizer", *normalizer);
    if (!normalizer->valid()) file.fail("expected a finite normaliser with clip > 0");
    if (normalizer->size() != policy.observation_size()) {
      file.fail("expected a normaliser of ", policy.observation_size(), " numbers, got ", normalizer->size());
    }
    if (policy.mask().is_on()) normalizer->leave(*policy.mask_row(), policy.mask().size());
  }
  const auto map =
      static_cast<ActionMap>(find_name(reader.file().path(), "action_map", file.text("action_map"), kActionMapNames));
  if (rescales(map) && !can_rescale(low, high)) {
    file.fail(join("expected a component of finite action bounds for the action map ",
                   kActionMapNames[static_cast<std::size_t>(map)]));
  }
  return {std::move(policy), std::move(normalizer), map, std::move(low), std::move(high), reader.file().metadata()};
}

}  // namespace detail

/// Writes a policy with all that acting needs: its normaliser (may be null: raw observations), action map and the
/// task's action bounds. `metadata` is kept beside the policy's own keys.
/// Whatever load_policy would refuse, such as parameters that are not finite, is refused here: the file that was there
/// before stays.
/// Throws: std::invalid_argument for a policy or a normaliser that is not for this task, or that could not be read
/// back; FileError.
template <FilePolicy P>
void save_policy(const std::filesystem::path& path, const P& policy, const Normalizer* normalizer, ActionMap action_map,
                 const EnvironmentSpec& spec, const FileMetadata& metadata = {}) {
  require_fit("save_policy", policy, spec);
  require(normalizer == nullptr || normalizer->size() == spec.observation_size, "save_policy",
          "a normaliser of the task's observations", normalizer == nullptr ? 0 : normalizer->size());
  StateWriter writer;
  for (const auto& [key, value] : metadata) writer.set_metadata(key, value);
  writer.set_metadata("format", std::string(detail::policy_format(policy)));
  writer.set_metadata("task", spec.name);
  writer.set_metadata("action_map", std::string(kActionMapNames[static_cast<std::size_t>(action_map)]));
  detail::write_policy(writer, policy);
  if (!spec.is_discrete()) {
    writer("action_low", spec.action_low);
    writer("action_high", spec.action_high);
  }
  if (normalizer != nullptr) writer("normalizer", *normalizer);
  const std::string bytes = writer.bytes();
  try {
    StateReader reader(SafetensorsFile(path.string(), bytes));
    detail::read_policy_file<typename P::Scalar>(reader);
  } catch (const FileError& error) {
    throw std::invalid_argument(detail::join("save_policy: ", error.what()));
  }
  write_file_atomically(path, bytes);
}

/// Writes the policy alone of a model that is more than one, such as ActorCritic.
template <class M>
requires(requires(const M& model) {
  { model.policy() } -> FilePolicy;
}) void save_policy(const std::filesystem::path& path, const M& model, const Normalizer* normalizer,
                    ActionMap action_map, const EnvironmentSpec& spec, const FileMetadata& metadata = {}) {
  save_policy(path, model.policy(), normalizer, action_map, spec, metadata);
}

/// Writes a policy, or that of a model, as it acts in the worlds of a source such as a Collector or a
/// PopulationEvaluator: with its normaliser, action map and task. Throws: as above.
template <class M, WorldSource Source>
void save_policy(const std::filesystem::path& path, const M& model, const Source& source,
                 const FileMetadata& metadata = {}) {
  save_policy(path, model, source.observation_normalizer(), source.action_map(), source.spec(), metadata);
}

/// Reads what save_policy wrote. Throws: FileError for a file that is damaged or holds something else.
template <class S>
[[nodiscard]] PolicyFile<S> load_policy(const std::filesystem::path& path) {
  StateReader reader(path);
  return detail::read_policy_file<S>(reader);
}

}  // namespace vantage

#endif
