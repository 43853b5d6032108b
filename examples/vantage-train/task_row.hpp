// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_TASK_ROW_HPP
#define VANTAGE_TRAIN_PROGRAM_TASK_ROW_HPP

#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "any_environment.hpp"
#include "vantage/core/error.hpp"
#include "vantage/io/csv.hpp"
#include "whole_number.hpp"

/// How a task is made, and the options that it has.
struct TaskRow {
  std::function<AnyEnvironment(const std::vector<std::string>& options)> make;
  /// The options in the order of their names, numbers in their shortest text.
  std::function<std::vector<std::string>(const std::vector<std::string>& options)> settle;
  std::vector<std::string> options;
  std::map<std::string, std::string> defaults;
};

using TaskTable = std::map<std::string, TaskRow>;

// options of tasks, written "name=value"
namespace task_options {

/// Says what options the task has, and whose this one is.
[[noreturn]] void refuse_unknown(const std::string& task, const std::string& option);

[[noreturn]] inline void refuse(const std::string& name, const char* expected, const std::string& text) {
  throw std::invalid_argument(
      vantage::detail::join("--task-option ", name, ": expected ", expected, ", got \"", text, '"'));
}

template <class T>
T number(const std::string& name, const std::string& text, const char* expected) {
  T value{};
  // a whole number may be written as 1e6; the text of none is empty
  const std::string digits = std::is_integral_v<T> ? whole_digits(text) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // "inf" is a bound, "nan" is nothing
  if (error != std::errc{} || end != digits.data() + digits.size() || std::isnan(static_cast<double>(value)))
    refuse(name, expected, text);
  return value;
}

inline std::string text_of(const std::string& value) { return value; }
inline std::string text_of(double value) { return vantage::csv_number(value); }
inline std::string text_of(const std::array<double, 2>& value) { return text_of(value[0]) + ',' + text_of(value[1]); }
template <class T>
requires(std::is_integral_v<T>) std::string text_of(T value) {
  if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
  return std::to_string(value);
}

template <class T>
void parse(const std::string& name, const std::string& text, T& field) {
  if constexpr (std::is_same_v<T, std::string>) {
    field = text;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (text != "true" && text != "false" && text != "1" && text != "0") refuse(name, "true or false", text);
    field = text == "true" || text == "1";
  } else if constexpr (std::is_integral_v<T>) {
    field = number<T>(name, text, "a whole number");
  } else if constexpr (std::is_same_v<T, double>) {
    field = number<double>(name, text, "a number");
  } else {
    static_assert(std::is_same_v<T, std::array<double, 2>>);
    const std::size_t comma = text.find(',');
    if (comma == std::string::npos) refuse(name, "two numbers \"low,high\"", text);
    field = {number<double>(name, text.substr(0, comma), "two numbers \"low,high\""),
             number<double>(name, text.substr(comma + 1), "two numbers \"low,high\"")};
  }
}

inline constexpr const char* kModelFile = "xml_file";

/// Names and values of options. Throws: std::invalid_argument for one that is given twice.
inline std::map<std::string, std::string> split(const std::vector<std::string>& options) {
  std::map<std::string, std::string> values;
  for (const std::string& option : options) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos) {
      throw std::invalid_argument(vantage::detail::join("--task-option: expected name=value, got \"", option, '"'));
    }
    const auto [entry, fresh] = values.emplace(option.substr(0, equals), option.substr(equals + 1));
    if (!fresh && entry->second != option.substr(equals + 1)) refuse(entry->first, "one value", option);
  }
  return values;
}

template <class Options>
void set(const std::string& task, Options& target, const std::vector<std::string>& options) {
  for (const auto& [option, text] : split(options)) {
    const std::string& name = option;
    const std::string& value = text;
    bool found = false;
    visit_options(target, [&](const char* field_name, auto& field) {
      if (name != field_name) return;
      found = true;
      const auto own = field;
      parse(name, value, field);
      if constexpr (std::is_same_v<decltype(own), const std::string>) {
        // the task's own model is no file
        if (name != kModelFile || field == own) return;
        if (std::error_code error; !std::filesystem::exists(field, error)) refuse(name, "a file that exists", field);
        field = std::filesystem::absolute(field).lexically_normal().string();
      }
    });
    if (!found) refuse_unknown(task, name);
  }
}

}  // namespace task_options

/// A row of the table: a preset of options, and what makes an environment of them.
template <class Options, class Make>
TaskTable::value_type task_row(const std::string& name, const Options& preset, Make make) {
  TaskRow made{[name, preset, make](const std::vector<std::string>& options) {
                 Options chosen = preset;
                 task_options::set(name, chosen, options);
                 return AnyEnvironment(make(chosen));
               },
               [name, preset](const std::vector<std::string>& options) {
                 Options chosen = preset;
                 task_options::set(name, chosen, options);
                 std::vector<std::string> settled;
                 for (const auto& [option, text] : task_options::split(options)) {
                   visit_options(chosen, [&, wanted = option](const char* field_name, const auto& field) {
                     if (wanted == field_name) settled.push_back(wanted + '=' + task_options::text_of(field));
                   });
                 }
                 return settled;
               },
               {},
               {}};
  visit_options(preset, [&](const char* option, const auto& field) {
    made.options.emplace_back(option);
    made.defaults.emplace(option, task_options::text_of(field));
  });
  return {name, std::move(made)};
}

#endif
