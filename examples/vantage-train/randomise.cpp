// SPDX-License-Identifier: MIT
#include "randomise.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "nearest.hpp"
#include "vantage/core/error.hpp"

namespace {

using namespace vantage::mujoco;

[[noreturn]] void refuse(const std::string& expected, std::string_view entry) {
  throw std::invalid_argument(vantage::detail::join("--randomise: expected ", expected, ", got \"", entry, '"'));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char letter : text) {
    if (letter == separator) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

double number(const std::string& text, std::string_view entry) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) refuse("a range low:high", entry);
  return value;
}

Quantity quantity(const std::string& name, std::string_view entry) {
  const auto* const found = std::find(kQuantityNames.begin(), kQuantityNames.end(), name);
  if (found != kQuantityNames.end()) return static_cast<Quantity>(found - kQuantityNames.begin());
  std::vector<std::string> known(kQuantityNames.begin(), kQuantityNames.end());
  refuse("one of " + listed(known), entry);
}

Randomized parse_entry(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos) refuse("quantity=low:high", entry);
  const std::string_view what = entry.substr(0, equals);
  const std::size_t dot = what.find('.');
  Randomized result;
  result.quantity = quantity(std::string(what.substr(0, dot)), entry);
  if (dot != std::string_view::npos) result.names.emplace_back(what.substr(dot + 1));
  if (result.quantity == Quantity::joint_offset) result.change = Change::offset;
  const std::vector<std::string> words = split(entry.substr(equals + 1), ':');
  if (words.size() < 2) refuse("a range low:high", entry);
  result.low = number(words[0], entry);
  result.high = number(words[1], entry);
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "offset") {
      result.change = Change::offset;
    } else if (words[i] == "each") {
      result.each = true;
    } else {
      refuse("offset or each after the range", entry);
    }
  }
  return result;
}

}  // namespace

Randomization parse_randomization(const std::string& text) {
  Randomization result;
  if (text.empty()) return result;
  for (const std::string& entry : split(text, ',')) result.push_back(parse_entry(entry));
  return result;
}
