// SPDX-License-Identifier: MIT
#ifndef VANTAGE_CORE_DISCOUNT_HPP
#define VANTAGE_CORE_DISCOUNT_HPP

#include <concepts>
#include <optional>

namespace vantage {

/// Discount a step where nobody says another.
inline constexpr double kDefaultGamma = 0.99;

/// The discount of an estimator of advantages, which is its one place: a member `gamma`, a number or a function of
/// none. Whoever else discounts takes it from there. None for an estimator that has no such member.
template <class A>
[[nodiscard]] std::optional<double> discount_of([[maybe_unused]] const A& advantage) {
  if constexpr (requires {
                  { advantage.gamma } -> std::convertible_to<double>;
                }) {
    return advantage.gamma;
  } else if constexpr (requires {
                         { advantage.gamma() } -> std::convertible_to<double>;
                       }) {
    return advantage.gamma();
  } else {
    return {};
  }
}

}  // namespace vantage

#endif
