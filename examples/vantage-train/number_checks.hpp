// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_NUMBER_CHECKS_HPP
#define VANTAGE_TRAIN_PROGRAM_NUMBER_CHECKS_HPP

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <string>

// checks of numbers on the command line; what is no number at all is refused where it is read

namespace number_checks {

template <class Holds>
CLI::Validator make(const char* expected, Holds holds) {
  const auto check = [=](const std::string& text) -> std::string {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool read = error == std::errc{} && end == text.data() + text.size() && std::isfinite(number);
    return read && holds(number) ? "" : "expected a number " + std::string(expected) + ", got " + text;
  };
  return {check, expected};
}

}  // namespace number_checks

inline const CLI::Validator positive = number_checks::make("> 0", [](double x) { return x > 0; });
inline const CLI::Validator not_negative = number_checks::make(">= 0", [](double x) { return x >= 0; });

#endif
