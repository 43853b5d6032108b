// SPDX-License-Identifier: MIT
#ifndef VANTAGE_ENV_FIT_HPP
#define VANTAGE_ENV_FIT_HPP

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "vantage/core/error.hpp"
#include "vantage/env/spec.hpp"

namespace vantage {

namespace detail {

// "17 observations and 6 actions", "4 observations and 2 discrete actions", "9 observations and 3,2 discrete actions, a
// mask from row 4"
inline std::string shape_text(Index observations, Index actions, std::span<const Index> choices,
                              const std::optional<Index>& mask_row) {
  std::string text = join(observations, " observations and ");
  for (std::size_t i = 0; i < choices.size(); ++i) text += join(i == 0 ? "" : ",", choices[i]);
  text += choices.empty() ? join(actions, " actions") : " discrete actions";
  return mask_row ? join(text, ", a mask from row ", *mask_row) : text;
}

}  // namespace detail

/// Refuses a policy for other observations or actions than the task's, on behalf of `who`. A policy is held to what it
/// says of itself by observation_size(), action_size(), choices() or discrete_actions(), and mask_row(); one that says
/// nothing passes. Throws: std::invalid_argument. Cost: a few comparisons; allocates only to refuse.
template <class P>
void require_fit(std::string_view who, const P& policy, const EnvironmentSpec& spec) {
  Index observations = spec.observation_size;
  Index actions = spec.action_size();
  std::span<const Index> choices = spec.choices();
  std::optional<Index> mask_row = spec.mask_row;
  [[maybe_unused]] Index discrete_actions = 0;
  if constexpr (requires { policy.observation_size(); }) observations = policy.observation_size();
  if constexpr (requires { policy.action_size(); }) actions = policy.action_size();
  if constexpr (requires { policy.choices(); }) {
    choices = policy.choices();
  } else if constexpr (requires { policy.discrete_actions(); }) {
    discrete_actions = policy.discrete_actions();
    choices = {&discrete_actions, discrete_actions > 0 ? std::size_t{1} : std::size_t{0}};
  }
  if constexpr (requires { policy.mask_row(); }) mask_row = policy.mask_row();
  const std::span<const Index> expected = spec.choices();
  if (observations == spec.observation_size && actions == spec.action_size() && mask_row == spec.mask_row &&
      std::equal(choices.begin(), choices.end(), expected.begin(), expected.end())) {
    return;
  }
  throw std::invalid_argument(
      detail::join(who, ": expected a policy for ",
                   detail::shape_text(spec.observation_size, spec.action_size(), expected, spec.mask_row), " of ",
                   spec.name, ", got one for ", detail::shape_text(observations, actions, choices, mask_row)));
}

/// Refuses a value function of other inputs than so many numbers, on behalf of `who`. It is held to what it says of
/// itself by input_size(); one that says nothing passes. Throws: std::invalid_argument.
template <class V>
void require_inputs(std::string_view who, [[maybe_unused]] const V& value, [[maybe_unused]] Index size) {
  if constexpr (requires { value.input_size(); }) {
    if (value.input_size() == size) return;
    throw std::invalid_argument(
        detail::join(who, ": expected a value function of ", size, " inputs, got one of ", value.input_size()));
  }
}

}  // namespace vantage

#endif
