// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DEPLOY_DEPLOYMENT_METADATA_HPP
#define VANTAGE_DEPLOY_DEPLOYMENT_METADATA_HPP

#include <stdexcept>
#include <string>

#include "vantage/core/error.hpp"
#include "vantage/deploy/policy_function.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/io/json_scanner.hpp"
#include "vantage/version.hpp"

namespace vantage {

/// What an exported policy says of itself: what its file says (task, action map, the run it comes from), sizes, bounds
/// in the task's own units, and action_scale, the factor that is left to whoever applies the action: 1 for each
/// component, for the action map is part of the export. `given` goes first; a key with an empty value is left out.
/// Throws: std::invalid_argument for a key that is empty, or text that is not UTF-8.
[[nodiscard]] inline FileMetadata deployment_metadata(const PolicyFunction& function, const FileMetadata& given = {}) {
  FileMetadata metadata = function.metadata;
  // of the file's form, not of the policy
  metadata.erase("format");
  metadata.erase(std::string(detail::kChecksumKey));
  metadata["vantage_version"] = VANTAGE_VERSION;
  metadata["observation_size"] = csv_number(function.observation_size());
  metadata["action_size"] = csv_number(function.action_size());
  if (function.is_discrete()) {
    if (function.choices.size() == 1) metadata["discrete_actions"] = csv_number(function.choices.front());
    else metadata["action_choices"] = detail::join_widths(function.choices);
    if (function.mask.is_on()) metadata["mask_row"] = csv_number(*function.mask.row());
  } else {
    metadata["action_low"] = comma_separated(function.action_low);
    metadata["action_high"] = comma_separated(function.action_high);
    metadata["action_scale"] = comma_separated(Vector<double>::Ones(function.action_size()));
  }
  for (const auto& [key, value] : given) {
    require(!key.empty(), "metadata", "a key before the value", value);
    metadata[key] = value;
  }
  for (const auto& [key, value] : metadata) require(is_utf8(key) && is_utf8(value), "metadata", "text in UTF-8", key);
  std::erase_if(metadata, [](const auto& entry) { return entry.second.empty(); });
  return metadata;
}

}  // namespace vantage

#endif
