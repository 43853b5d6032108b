// SPDX-License-Identifier: MIT
#include "option_values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <type_traits>

#include "vantage/core/error.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/io/json_scanner.hpp"
#include "whole_number.hpp"

namespace {

using vantage::detail::join;

[[noreturn]] void refuse(const Given& given, const std::string& expected, const std::string& got) {
  throw std::invalid_argument(join(given.where, ": expected ", expected, ", got ", got.empty() ? "nothing" : got));
}

std::string expected_number(const Option& option, const char* kind) {
  return option.range.words.empty() ? kind : join(kind, ' ', option.range.words);
}

template <class Integer>
Integer read_whole(const Option& option, const Given& given, const std::string& text) {
  const std::string expected = expected_number(option, "a whole number");
  const std::string digits = whole_digits(text);
  if (digits.empty()) refuse(given, expected, text);
  Integer value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {
    refuse(given, join(expected, ", at most ", std::numeric_limits<Integer>::max()), text);
  }
  const auto number = static_cast<double>(value);
  const Range& range = option.range;
  if (error != std::errc{} || number < range.low || (range.excludes_low && number == range.low) ||
      number > range.high) {
    refuse(given, expected, text);
  }
  return value;
}

double read_number(const Option& option, const Given& given, const std::string& text) {
  const std::string expected = expected_number(option, "a number");
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* all = text.data() + text.size();
  double value = 0;
  const auto [end, error] = std::from_chars(begin, all, value);
  if (error == std::errc::result_out_of_range || (end == all && error == std::errc{} && !std::isfinite(value))) {
    refuse(given, join("a finite number", option.range.words.empty() ? "" : " ", option.range.words), text);
  }
  const Range& range = option.range;
  if (error != std::errc{} || end != all || value < range.low || (range.excludes_low && value == range.low) ||
      value > range.high) {
    refuse(given, expected, text);
  }
  return value;
}

std::string read_text(const Option& option, const Given& given, const std::string& text) {
  if (!option.choices.empty() &&
      std::find(option.choices.begin(), option.choices.end(), text) == option.choices.end()) {
    std::string all;
    for (const std::string_view choice : option.choices) all += join(all.empty() ? "" : ", ", choice);
    refuse(given, "one of " + all, text);
  }
  // what is kept goes into TOML and into metadata
  if (option.stored != Stored::never && !vantage::is_utf8(text)) refuse(given, "text in UTF-8", text);
  return text;
}

template <class T>
T read_one(const Option& option, const Given& given, const std::string& text) {
  if constexpr (std::is_same_v<T, bool>) {
    if (text != "true" && text != "false" && text != "1" && text != "0") refuse(given, "true or false", text);
    return text == "true" || text == "1";
  } else if constexpr (std::is_integral_v<T>) {
    return read_whole<T>(option, given, text);
  } else if constexpr (std::is_same_v<T, double> || std::is_same_v<T, std::optional<double>>) {
    return read_number(option, given, text);
  } else {
    return read_text(option, given, text);
  }
}

std::string as_text(bool value) { return value ? "true" : "false"; }
std::string as_text(std::int64_t value) { return std::to_string(value); }
std::string as_text(std::uint64_t value) { return std::to_string(value); }
std::string as_text(double value) { return vantage::csv_number(value); }
std::string as_text(const std::optional<double>& value) { return value ? as_text(*value) : ""; }
std::string as_text(const std::string& value) { return value; }
std::string as_text(const std::filesystem::path& value) { return value.string(); }
template <class T>
std::string as_text(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) text += (text.empty() ? "" : ",") + as_text(value);
  return text;
}

}  // namespace

void read_value(const Option& option, const Given& given, Settings& settings) {
  std::visit(
      [&](auto member) {
        auto& field = settings.*member;
        using T = std::decay_t<decltype(field)>;
        if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
          field.clear();
          for (const std::string& word : given.words) {
            // a comma at either end leaves nothing there, which is no number
            for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
              end = word.find(',', begin);
              field.push_back(read_one<std::int64_t>(option, given, word.substr(begin, end - begin)));
            }
          }
        } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          field.clear();
          for (const std::string& word : given.words) {
            // words of a choice are put together with commas, which free text may hold
            for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
              end = option.choices.empty() ? std::string::npos : word.find(',', begin);
              field.push_back(read_one<std::string>(option, given, word.substr(begin, end - begin)));
            }
          }
        } else {
          if (given.words.size() != 1) refuse(given, "one value", std::to_string(given.words.size()) + " values");
          field = read_one<T>(option, given, given.words.front());
        }
      },
      option.field);
}

std::string value_text(const Option& option, const Settings& settings) {
  return std::visit([&](auto member) { return as_text(settings.*member); }, option.field);
}

bool same_value(const Option& option, const Settings& a, const Settings& b) {
  return std::visit([&](auto member) { return a.*member == b.*member; }, option.field);
}
