// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_ACTION_MASK_HPP
#define VANTAGE_ENV_ACTION_MASK_HPP

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/core/types.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

/// Reads which choices an observation allows: from row mask_row on a number for each choice, those of all discrete
/// actions one after the other, 1 where it is allowed and 0 where it is not. Without a row everything is allowed.
/// Shapes: observations O x N, scores (a row a choice, in the mask's order) K x N.
class ActionMask {
 public:
  /// Allows everything.
  ActionMask() = default;
  /// Throws: std::invalid_argument for a mask that does not lie within `observation_size` numbers.
  ActionMask(const std::optional<Index>& row, std::span<const Index> choices, Index observation_size)
      : row_(row), choices_(choices.begin(), choices.end()) {
    for (const Index count : choices_) size_ += count;
    if (!row_) return;
    require(!choices_.empty(), "ActionMask", "discrete actions for a mask", *row_);
    require(*row_ >= 0 && *row_ <= observation_size - size_, "ActionMask",
            "a mask_row from which on the observation has a number for each choice", *row_);
  }
  /// Of a task.
  explicit ActionMask(const EnvironmentSpec& spec) : ActionMask(spec.mask_row, spec.choices(), spec.observation_size) {}

  /// Where it begins in an observation; none: everything is allowed.
  [[nodiscard]] const std::optional<Index>& row() const { return row_; }
  [[nodiscard]] bool is_on() const { return row_.has_value(); }
  /// How many numbers of an observation it takes.
  [[nodiscard]] Index size() const { return is_on() ? size_ : 0; }

  /// Whether an observation's numbers are 0 and 1, and each action has a choice that is allowed.
  template <class Observation>
  [[nodiscard]] bool is_sound(const Observation& observation) const {
    if (!is_on()) return true;
    Index at = *row_;
    for (const Index count : choices_) {
      Index allowed = 0;
      for (const Index end = at + count; at < end; ++at) {
        if (observation[at] == 1) ++allowed;
        else if (observation[at] != 0) return false;
      }
      if (allowed == 0) return false;
    }
    return true;
  }

  /// Whether an observation allows an action. Pre: numbers of choices that there are.
  template <class Observation, class Action>
  [[nodiscard]] bool allows(const Observation& observation, const Action& action) const {
    if (!is_on()) return true;
    Index first = *row_;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
      if (observation[first + static_cast<Index>(action[static_cast<Index>(i)])] == 0) return false;
      first += choices_[i];
    }
    return true;
  }

  /// Lowers the scores of what is not allowed to minus infinity. Pre: is_on().
  /// Throws: std::invalid_argument for an observation that is not sound.
  template <class Observations, class Scores>
  void apply(const Observations& observations, Scores&& scores) const {
    using S = typename std::decay_t<Scores>::Scalar;
    for (Index n = 0; n < observations.cols(); ++n) {
      const auto observation = observations.col(n);
      if (!is_sound(observation)) refuse(observation);
      for (Index k = 0; k < size_; ++k) {
        if (observation[*row_ + k] == 0) scores(k, n) = -std::numeric_limits<S>::infinity();
      }
    }
  }

 private:
  template <class Observation>
  [[noreturn, gnu::cold]] void refuse(const Observation& observation) const {
    throw std::invalid_argument(
        detail::join("ActionMask: expected numbers 0 and 1 and for each action a choice that is allowed, got ",
                     detail::Listed(observation.segment(*row_, size_))));
  }

  std::optional<Index> row_;
  std::vector<Index> choices_;
  Index size_ = 0;
};

/// A policy's options with the mask_row of a task.
template <class Options>
[[nodiscard]] Options with_mask(Options options, const EnvironmentSpec& spec) {
  options.mask_row = spec.mask_row;
  return options;
}

}  // namespace vantage

#endif
