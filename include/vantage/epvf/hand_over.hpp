// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_HAND_OVER_HPP
#define VANTAGE_EPVF_HAND_OVER_HPP

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/epvf/policy_conditioned_value.hpp"
#include "vantage/io/archive.hpp"

namespace vantage {

/// Names of parts of a value function of policies.
struct HandOverReport {
  std::vector<std::string> taken;  ///< as another one had them
  std::vector<std::string> fresh;  ///< left as they were: they differ in size, or the other one has none
};

/// Begins with what another value function has learned, maybe of policies of another size in another world: takes each
/// part of the same name and shape, and the units m and d, from a checkpoint that train_epvf's agent is saved in. Where
/// all parts fit, values are equal. Where this throws, nothing has changed.
/// Throws: FileError for a file that is damaged, has no value function of policies, or none of whose parts fits.
template <class S, class R>
HandOverReport hand_over(const std::filesystem::path& checkpoint, PolicyConditionedValue<S, R>& value) {
  const std::string prefix = "agent.value.";
  StateReader reader(checkpoint);
  const auto shape_in_file = [&](const ParameterPart& part) {
    return reader.file().contains(prefix + part.name) ? shape_text(reader.file().tensor(prefix + part.name).shape)
                                                      : std::string("none");
  };
  double mean = 0, deviation = 1;
  if (!reader.file().contains(prefix + "return_mean")) {
    throw FileError(detail::join(checkpoint.string(),
                                 ": expected a checkpoint of EPVF, got a file without a value function of policies"));
  }
  reader(prefix + "return_mean", mean);
  reader(prefix + "return_deviation", deviation);

  HandOverReport report;
  std::string differences;
  Vector<S> parameters = value.parameters();
  S* first = parameters.data();
  for (const ParameterPart& part : value.parts()) {
    const std::string expected = shape_text({part.rows, part.columns});
    if (shape_in_file(part) == expected) {
      Matrix<S> values(part.rows, part.columns);
      reader(prefix + part.name, values);
      if (!values.allFinite()) throw FileError(checkpoint.string() + ": expected finite " + part.name);
      Eigen::Map<Matrix<S>>(first, part.rows, part.columns) = values;
      report.taken.push_back(part.name);
    } else {
      report.fresh.push_back(part.name);
      differences += detail::join("; ", part.name, " of ", expected, ", got ", shape_in_file(part));
    }
    first += part.size();
  }
  if (report.taken.empty()) {
    throw FileError(
        detail::join(checkpoint.string(), ": expected a part of the value function that fits", differences));
  }
  try {
    value.set_units(mean, deviation);
  } catch (const std::invalid_argument& error) {
    throw FileError(checkpoint.string() + ": " + error.what());
  }
  value.parameters() = parameters;
  return report;
}

}  // namespace vantage

#endif
