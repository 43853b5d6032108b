// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ROLLOUT_DEMONSTRATIONS_HPP
#define VANTAGE_ROLLOUT_DEMONSTRATIONS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "vantage/core/error.hpp"
#include "vantage/env/action_map.hpp"
#include "vantage/env/action_mask.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/safetensors.hpp"
#include "vantage/rollout/normalizer.hpp"

namespace vantage {

/// What somebody did who knows how: a column a step, in the task's own units. Shapes: observations O x N, actions A x
/// N.
struct Demonstrations {
  Matrix<double> observations;  ///< what was seen
  Matrix<double> actions;       ///< what was done

  /// N.
  [[nodiscard]] Index size() const { return observations.cols(); }
};

namespace detail {

// a tensor of one row a step (or of one number a step) as columns
inline Matrix<double> read_steps(const SafetensorsFile& file, const std::string& name) {
  const auto fail = [&](const auto&... words) { throw FileError(join(file.path(), ": ", words...)); };
  if (!file.contains(name)) fail("expected a tensor \"", name, "\" of a row a step");
  const TensorView tensor = file.tensor(name);
  if (tensor.shape.empty() || tensor.shape.size() > 2) {
    fail("expected \"", name, "\" of a row a step, got the shape ", vantage::shape_text(tensor.shape));
  }
  const auto steps = static_cast<Index>(tensor.shape[0]);
  const auto size = tensor.shape.size() == 2 ? static_cast<Index>(tensor.shape[1]) : 1;
  Matrix<double> columns(size, steps);
  const auto copy = [&]<class T>(T) {
    for (Index i = 0; i < columns.size(); ++i) {
      columns.data()[i] = static_cast<double>(element<T>(tensor, static_cast<std::size_t>(i)));
    }
  };
  switch (tensor.dtype) {
    case Dtype::f64:
      copy(double{});
      break;
    case Dtype::f32:
      copy(float{});
      break;
    case Dtype::i64:
      copy(std::int64_t{});
      break;
    case Dtype::i32:
      copy(std::int32_t{});
      break;
    default:
      fail("expected \"", name, "\" of numbers in F64, F32, I64 or I32, got ", dtype_name(tensor.dtype));
  }
  if (!columns.allFinite()) fail("expected finite numbers in \"", name, '"');
  return columns;
}

}  // namespace detail

/// Reads a safetensors file with the tensors "observations" (N x O) and "actions" (N x A, or N of one number each):
/// what `safetensors.numpy.save_file({"observations": o, "actions": a}, path)` writes in Python. Throws: FileError for
/// a file that cannot be read, is damaged, or holds anything else.
[[nodiscard]] inline Demonstrations load_demonstrations(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  Demonstrations result{detail::read_steps(file, "observations"), detail::read_steps(file, "actions")};
  if (result.observations.cols() != result.actions.cols() || result.size() == 0) {
    throw FileError(detail::join(file.path(), ": expected an action for each observation, got ", result.actions.cols(),
                                 " for ", result.size()));
  }
  return result;
}

/// Writes a file that load_demonstrations reads. Throws: std::invalid_argument for what it would refuse; FileError.
inline void save_demonstrations(const std::filesystem::path& path, const Demonstrations& shown) {
  constexpr const char* kWho = "save_demonstrations";
  require(shown.size() > 0 && shown.actions.cols() == shown.size(), kWho, "an action for each observation",
          shown.actions.cols());
  require(shown.observations.allFinite() && shown.actions.allFinite(), kWho, "finite numbers", "others");
  SafetensorsWriter file;
  const auto add = [&](const char* name, const Matrix<double>& columns) {
    // a column a step is a row a step of the file
    file.add(
        name, Dtype::f64, {columns.cols(), columns.rows()},
        {reinterpret_cast<const char*>(columns.data()), static_cast<std::size_t>(columns.size()) * sizeof(double)});
  };
  add("observations", shown.observations);
  add("actions", shown.actions);
  write_file_atomically(path, file.bytes());
}

/// Refuses demonstrations in another task, on behalf of `who`: other sizes, actions that are no numbers of discrete
/// ones or not allowed by the observation's mask, or that are beyond the bounds by more than single precision rounds.
/// Throws: std::invalid_argument.
inline void require_fit(std::string_view who, const Demonstrations& shown, const EnvironmentSpec& spec) {
  if (shown.observations.rows() != spec.observation_size || shown.actions.rows() != spec.action_size()) {
    throw std::invalid_argument(detail::join(
        who, ": expected demonstrations of ", spec.observation_size, " observations and ", spec.action_size(),
        " numbers an action, as ", spec.name, " has, got ", shown.observations.rows(), " and ", shown.actions.rows()));
  }
  constexpr double kRounding = 1e-6;
  const ActionMask mask(spec);
  const auto choices = spec.choices();
  for (Index n = 0; n < shown.size(); ++n) {
    for (Index i = 0; i < shown.actions.rows(); ++i) {
      const double action = shown.actions(i, n);
      if (spec.is_discrete()) {
        const Index count = choices[static_cast<std::size_t>(i)];
        if (is_discrete_action(action, count)) continue;
        throw std::invalid_argument(detail::join(who, ": expected actions of ", spec.name, ", whole numbers from 0 to ",
                                                 count - 1, ", got ", action, " in step ", n));
      }
      const double low = spec.action_low[i], high = spec.action_high[i];
      if (action >= low - kRounding * std::max(1.0, std::abs(low)) &&
          action <= high + kRounding * std::max(1.0, std::abs(high))) {
        continue;
      }
      throw std::invalid_argument(detail::join(who, ": expected actions of ", spec.name, ", from ", low, " to ", high,
                                               " in component ", i, ", got ", action, " in step ", n));
    }
    if (mask.is_sound(shown.observations.col(n)) && mask.allows(shown.observations.col(n), shown.actions.col(n))) {
      continue;
    }
    throw std::invalid_argument(detail::join(who, ": expected actions that the observation's mask allows, got ",
                                             detail::Listed(shown.actions.col(n)), " in step ", n));
  }
}

/// The moments of what was seen, for a policy that is to see observations through a normaliser.
[[nodiscard]] inline Normalizer normalizer_of(const Demonstrations& shown, const NormalizerOptions& options = {}) {
  RunningMoments moments(shown.observations.rows());
  for (Index n = 0; n < shown.size(); ++n) moments.add(shown.observations.col(n));
  Normalizer normalizer(shown.observations.rows(), options);
  normalizer.update(moments);
  return normalizer;
}

/// Observations as a policy sees them; `normalizer` may be null: as they are. Throws: std::invalid_argument for another
/// size.
template <class S>
[[nodiscard]] Matrix<S> policy_inputs(const Demonstrations& shown, const Normalizer* normalizer) {
  if (normalizer == nullptr) return shown.observations.template cast<S>();
  require(normalizer->size() == shown.observations.rows(), "policy_inputs", "a normaliser of the observations",
          normalizer->size());
  Matrix<S> result(shown.observations.rows(), shown.size());
  for (Index n = 0; n < shown.size(); ++n) normalizer->apply(shown.observations.col(n), result.col(n));
  return result;
}

/// Actions as a policy draws them, before the action map. Throws: std::invalid_argument for actions of another size.
template <class S>
[[nodiscard]] Matrix<S> raw_actions(const Demonstrations& shown, ActionMap map, const EnvironmentSpec& spec) {
  require(shown.actions.rows() == spec.action_size(), "raw_actions", "as many numbers an action as the task has",
          shown.actions.rows());
  Matrix<S> result(shown.actions.rows(), shown.size());
  for (Index n = 0; n < shown.size(); ++n) {
    if (spec.is_discrete()) {
      result.col(n) = shown.actions.col(n).template cast<S>();
    } else {
      undo<S>(map, shown.actions.col(n), spec.action_low, spec.action_high, result.col(n));
    }
  }
  return result;
}

}  // namespace vantage

#endif
