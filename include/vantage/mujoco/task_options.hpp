// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_TASK_OPTIONS_HPP
#define VANTAGE_MUJOCO_TASK_OPTIONS_HPP

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

#include "vantage/core/error.hpp"

namespace vantage::mujoco {

namespace detail {

/// All of the text is one number, "inf" among them; no locale of the program's changes what it says.
template <class T>
requires(std::integral<T> || std::floating_point<T>) bool parse(const std::string& text, T& field) {
  const char* const end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, field);
  if constexpr (std::floating_point<T>) {
    if (std::isnan(field)) return false;
  }
  return error == std::errc() && next == end;
}

inline bool parse(const std::string& text, bool& field) {
  field = text == "true" || text == "1";
  return field || text == "false" || text == "0";
}

inline bool parse(const std::string& text, std::string& field) {
  field = text;
  return true;
}

/// "low,high"
inline bool parse(const std::string& text, std::array<double, 2>& field) {
  const std::size_t comma = text.find(',');
  return comma != std::string::npos && parse(text.substr(0, comma), field[0]) &&
         parse(text.substr(comma + 1), field[1]);
}

inline const char* type_name(double) { return "a number"; }
inline const char* type_name(std::integral auto) { return "an integer"; }
inline const char* type_name(bool) { return "true or false"; }
inline const char* type_name(const std::string&) { return "a text"; }
inline const char* type_name(const std::array<double, 2>&) { return "two numbers low,high"; }

}  // namespace detail

/// Sets one option of a task from text: numbers, true/false, or "low,high" for a range.
/// Throws: std::invalid_argument that lists the options there are, or says what the option takes.
template <class Task>
void set_option(Task& task, const std::string& name, const std::string& value) {
  bool found = false;
  std::string known;
  visit_options(task, [&](const char* option, auto& field) {
    known += (known.empty() ? "" : ", ") + std::string(option);
    if (name != option) return;
    found = true;
    auto parsed = field;
    if (!detail::parse(value, parsed)) {
      throw std::invalid_argument(
          vantage::detail::join(task.name, ": expected ", detail::type_name(field), " for ", name, ", got ", value));
    }
    field = parsed;
  });
  if (!found) {
    throw std::invalid_argument(vantage::detail::join(task.name, ": expected an option of {", known, "}, got ", name));
  }
}

/// Throws: std::invalid_argument for an option that is not a number, or a number by itself, not a bound of a range,
/// that is infinite.
template <class T>
void require_numbers(const T& task) {
  visit_options(task, [&](const char* option, const auto& field) {
    using Field = std::decay_t<decltype(field)>;
    const std::string who = task.name;
    if constexpr (std::is_same_v<Field, double>) {
      require(std::isfinite(field), who.c_str(), vantage::detail::join("a finite ", option).c_str(), field);
    }
    if constexpr (std::is_same_v<Field, std::array<double, 2>>) {
      for (const double bound : field) {
        require(!std::isnan(bound), who.c_str(), vantage::detail::join("numbers for ", option).c_str(), bound);
      }
    }
  });
}

}  // namespace vantage::mujoco

#endif
