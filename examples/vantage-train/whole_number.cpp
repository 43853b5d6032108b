// SPDX-License-Identifier: MIT
#include "whole_number.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string whole_digits(std::string_view text) {
  constexpr int kFarTooMany = 64;  // digits that no integer has
  const auto take_digits = [&text](std::string& to) {
    const std::size_t before = text.size();
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) to += text.front();
    return static_cast<int>(before - text.size());
  };
  std::string digits;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  take_digits(digits);
  int exponent = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    exponent -= take_digits(digits);
  }
  if (digits.empty()) return {};
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(text.substr(1).starts_with('+') ? 2 : 1);
    int power = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), power);
    if (error != std::errc{} || std::abs(power) > 1000) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    exponent += power;
  }
  if (!text.empty()) return {};
  for (; exponent < 0; ++exponent) {
    if (digits.empty()) break;
    if (digits.back() != '0') return {};
    digits.pop_back();
  }
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty()) return "0";
  digits.append(static_cast<std::size_t>(std::min(exponent, kFarTooMany)), '0');
  return negative ? '-' + digits : digits;
}
