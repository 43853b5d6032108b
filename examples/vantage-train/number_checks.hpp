// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_NUMBER_CHECKS_HPP
#define VANTAGE_TRAIN_PROGRAM_NUMBER_CHECKS_HPP

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "vantage/core/error.hpp"
#include "whole_number.hpp"

// checks of numbers on the command lines of vantage-eval and vantage-render

/// A whole number that the type of the option holds, from `low` on, which may be written as 1e6.
template <class Integer>
CLI::Validator whole(Integer low) {
  const std::string range = vantage::detail::join("from ", low, " to ", std::numeric_limits<Integer>::max());
  const auto check = [=](std::string& text) -> std::string {
    const std::string digits = whole_digits(text);
    Integer number{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || number < low) return "expected a whole number " + range + ", got " + text;
    text = digits;
    return {};
  };
  return {check, range};
}

/// A finite number that is not negative.
inline CLI::Validator not_negative() {
  const auto check = [](std::string& text) -> std::string {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool read = error == std::errc{} && end == text.data() + text.size() && std::isfinite(number);
    return read && number >= 0 ? "" : "expected a number >= 0, got " + text;
  };
  return {check, ">= 0"};
}

#endif
