// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_DIVERGENCE_HPP
#define VANTAGE_TRAIN_DIVERGENCE_HPP

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/core/error.hpp"
#include "vantage/io/archive.hpp"
#include "vantage/rollout/batch.hpp"

namespace vantage {

/// The first number on the way of the data that was not finite, when training diverged.
struct Divergence {
  std::string
      what;  ///< "observation", "critic observation", "action", "log-probability", "reward", "value", "advantage",
             ///< "value target", "value gradient", "value parameter", "policy gradient", "policy parameter"
  Index index = -1;     ///< of a sample (n = t E + e) or of a parameter; -1: none, as of the norm of a gradient
  Index component = 0;  ///< of an observation or an action
  double value = 0;     ///< the number itself
  std::string words;    ///< all of it, for people
};

namespace detail {

/// Position of the first number that is not finite; -1: none.
template <class Numbers>
[[nodiscard]] Index first_not_finite(const Numbers& numbers) {
  for (Index i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers.data()[i])) return i;
  }
  return -1;
}

/// Looks at numbers of a batch, `rows` a sample.
template <class S, class Numbers>
[[nodiscard]] std::optional<Divergence> look_at_samples(const char* what, const Batch<S>& batch, const Numbers& numbers,
                                                        Index rows = 1) {
  const Index at = first_not_finite(numbers);
  if (at < 0) return {};
  Divergence found{what, at / rows, at % rows, static_cast<double>(numbers.data()[at]), ""};
  found.words =
      join(what, rows > 1 ? join(" (component ", found.component, ")") : "", " of environment ",
           found.index % batch.environments(), " at step ", found.index / batch.environments(), " is ", found.value);
  return found;
}

[[nodiscard]] inline std::optional<Divergence> look_at_norm(const char* what, double norm) {
  if (std::isfinite(norm)) return {};
  return Divergence{what, -1, 0, norm, join(what, " has the norm ", norm)};
}

template <class M>
[[nodiscard]] std::optional<Divergence> look_at_parameters(const char* what, const M& model) {
  if constexpr (Parameterised<M>) {
    if (const Index at = first_not_finite(model.parameters()); at >= 0) {
      const auto value = static_cast<double>(model.parameters()[at]);
      return Divergence{what, at, 0, value, join(what, " ", at, " of ", model.parameters().size(), " became ", value)};
    }
  }
  return {};
}

/// What a batch and its estimate are in a file.
template <class S>
struct BatchFile {
  const Batch<S>& batch;
  const AdvantageEstimate<S>& estimate;

  template <class Archive>
  void serialize(Archive& archive) const {
    archive("observations", batch.observations);
    if (batch.critic_observations.rows() > 0) archive("critic_observations", batch.critic_observations);
    archive("actions", batch.actions);
    archive("log_probs", batch.log_probs);
    archive("rewards", batch.rewards);
    const auto* const endings = reinterpret_cast<const std::uint8_t*>(batch.endings.data());
    archive("endings", std::vector<std::uint8_t>(endings, endings + batch.endings.size()));
    archive("successors", Matrix<S>(batch.successors.leftCols(batch.successor_count())));
    archive("successor_samples", batch.successor_samples);
    archive("first_times", batch.first_times);
    archive("values", estimate.values);
    archive("advantages", estimate.advantages);
    archive("value_targets", estimate.value_targets);
  }
};

/// The part that knows no agent.
template <class S>
[[nodiscard]] std::optional<Divergence> look_at_batch(const Batch<S>& batch, const AdvantageEstimate<S>& estimate) {
  if (auto found = look_at_samples("observation", batch, batch.observations, batch.observations.rows())) return found;
  if (auto found =
          look_at_samples("critic observation", batch, batch.critic_observations, batch.critic_observations.rows())) {
    return found;
  }
  if (auto found = look_at_samples("action", batch, batch.actions, batch.actions.rows())) return found;
  if (auto found = look_at_samples("log-probability", batch, batch.log_probs)) return found;
  if (auto found = look_at_samples("reward", batch, batch.rewards)) return found;
  if (auto found = look_at_samples("value", batch, estimate.values)) return found;
  if (auto found = look_at_samples("advantage", batch, estimate.advantages)) return found;
  return look_at_samples("value target", batch, estimate.value_targets);
}

}  // namespace detail

/// Looks for the first number that is not finite, in the order in which data flow: batch, estimate, gradients,
/// parameters. Call it only where something went wrong: it looks at all of them.
template <class A, class S>
[[nodiscard]] std::optional<Divergence> find_divergence(const A& agent, const Batch<S>& batch,
                                                        const AdvantageEstimate<S>& estimate,
                                                        double value_gradient_norm, double policy_gradient_norm) {
  using namespace detail;
  if (auto found = look_at_batch(batch, estimate)) return found;
  if (auto found = look_at_norm("value gradient", value_gradient_norm)) return found;
  if (auto found = look_at_parameters("value parameter", agent.value)) return found;
  if (auto found = look_at_norm("policy gradient", policy_gradient_norm)) return found;
  return look_at_parameters("policy parameter", agent.policy);
}

/// Writes a batch and what was estimated of it: tensors named as the members of Batch and AdvantageEstimate, endings
/// as numbers of the enumerators. Throws: FileError.
template <class S>
void save_batch(const std::filesystem::path& path, const Batch<S>& batch, const AdvantageEstimate<S>& estimate,
                const FileMetadata& metadata = {}) {
  save_state(path, detail::BatchFile<S>{batch, estimate}, metadata);
}

}  // namespace vantage

#endif
