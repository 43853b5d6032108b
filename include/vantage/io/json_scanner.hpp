// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_JSON_SCANNER_HPP
#define VANTAGE_IO_JSON_SCANNER_HPP

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "vantage/core/error.hpp"

namespace vantage {

/// Whether the bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] inline bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || length > text.size() - i) return false;
    for (std::size_t k = 1; k < length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      // the second byte is narrower after four of the leads
      const bool second = k == 1;
      const unsigned low = second && lead == 0xE0 ? 0xA0U : second && lead == 0xF0 ? 0x90U : 0x80U;
      const unsigned high = second && lead == 0xED ? 0x9FU : second && lead == 0xF4 ? 0x8FU : 0xBFU;
      if (byte < low || byte > high) return false;
    }
    i += length;
  }
  return true;
}

/// `text` as a JSON string with its quotes.
[[nodiscard]] inline std::string json_quote(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += "\\u00";
      quoted += kHex[static_cast<unsigned char>(c) >> 4];
      quoted += kHex[static_cast<unsigned char>(c) & 15U];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

/// Reads JSON piece by piece, as strictly as RFC 8259 says; the caller knows which piece must come next, so there is no
/// recursion and no depth to exhaust. Knows objects, arrays, strings, numbers, null, true and false.
/// Throws: std::runtime_error with the position, for everything unexpected.
class JsonScanner {
 public:
  /// Pre: `text` outlives the scanner.
  explicit JsonScanner(std::string_view text) : text_(text) {}

  /// Calls item(key) for each member of an object; item must consume the member's value.
  template <class Item>
  void object(Item&& item) {
    list('{', '}', [&] {
      const std::string key = string();
      expect(':');
      item(key);
    });
  }

  /// Calls item() for each element of an array; item must consume the element.
  template <class Item>
  void array(Item&& item) {
    list('[', ']', item);
  }

  /// A string's text, its escapes resolved, as UTF-8.
  [[nodiscard]] std::string string() {
    expect('"');
    std::string value;
    for (;;) {
      const char c = take("the end of a string");
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20) fail("control characters to be escaped");
      if (c == '\\') {
        escape(value);
      } else {
        value += c;
      }
    }
    if (!is_utf8(value)) fail("a string in UTF-8");
    return value;
  }

  /// An integer from 0 to 2^63 - 1 without sign, fraction, exponent or leading zero.
  [[nodiscard]] std::int64_t integer() {
    constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max();
    skip_space();
    const std::size_t first = position_;
    std::int64_t value = 0;
    for (; position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9'; ++position_) {
      const std::int64_t digit = text_[position_] - '0';
      if (value > (kLimit - digit) / 10) fail("an integer below 2^63");
      value = 10 * value + digit;
    }
    const std::size_t digits = position_ - first;
    if (digits == 0) fail("a non-negative integer");
    if (digits > 1 && text_[first] == '0') fail("no leading zero");
    return value;
  }

  /// A number, null, true or false, as it is written.
  [[nodiscard]] std::string_view bare_word() {
    skip_space();
    const std::size_t first = position_;
    while (position_ < text_.size() &&
           std::string_view(",:]}[{\" \t\n\r").find(text_[position_]) == std::string_view::npos) {
      ++position_;
    }
    const std::string_view word = text_.substr(first, position_ - first);
    if (word == "null" || word == "true" || word == "false") return word;
    // JSON's numbers are those of from_chars that begin with a digit, but for a leading zero and a point at the end
    const std::string_view digits = word.substr(word.starts_with('-') ? 1 : 0);
    const bool is_digit = !digits.empty() && digits[0] >= '0' && digits[0] <= '9';
    const auto after = [&](std::size_t i) { return i < digits.size() && digits[i] >= '0' && digits[i] <= '9'; };
    const bool is_plain = is_digit && !(digits[0] == '0' && after(1)) &&
                          (digits.find('.') == std::string_view::npos || after(digits.find('.') + 1));
    double value = 0;
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (!is_plain || code == std::errc::invalid_argument || end != word.data() + word.size()) {
      position_ = first;
      fail("a number, null, true or false");
    }
    return word;
  }

  /// Nothing but white space may follow.
  void end() {
    skip_space();
    if (position_ != text_.size()) fail("the end");
  }

  /// Throws: std::runtime_error that says what was expected, and at which character.
  [[noreturn]] void fail(std::string_view expected) const {
    throw std::runtime_error(detail::join("expected ", expected, " at character ", position_));
  }

 private:
  void skip_space() {
    while (position_ < text_.size() && std::string_view(" \t\n\r").find(text_[position_]) != std::string_view::npos) {
      ++position_;
    }
  }

  char take(std::string_view expected) {
    if (position_ == text_.size()) fail(expected);
    return text_[position_++];
  }

  bool accept(char wanted) {
    skip_space();
    const bool found = position_ < text_.size() && text_[position_] == wanted;
    if (found) ++position_;
    return found;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail(std::string("'") + wanted + "'");
  }

  template <class Item>
  void list(char open, char close, Item&& item) {
    expect(open);
    if (accept(close)) return;
    do {
      item();
    } while (accept(','));
    expect(close);
  }

  void escape(std::string& value) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    const char c = take("an escape");
    if (c == 'u') return append_utf8(code_point(), value);
    const std::size_t index = kNames.find(c);
    if (index == std::string_view::npos) fail("a known escape");
    value += kValues[index];
  }

  std::uint32_t four_hex_digits() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = take("four hexadecimal digits");
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) fail("four hexadecimal digits");
      value = 16 * value + static_cast<std::uint32_t>(digit);
    }
    return value;
  }

  /// One \u escape, or a surrogate pair of two.
  std::uint32_t code_point() {
    const std::uint32_t high = four_hex_digits();
    if (high < 0xD800 || high > 0xDFFF) return high;
    if (high > 0xDBFF || take("a low surrogate") != '\\' || take("a low surrogate") != 'u') fail("a surrogate pair");
    const std::uint32_t low = four_hex_digits();
    if (low < 0xDC00 || low > 0xDFFF) fail("a low surrogate");
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  }

  static void append_utf8(std::uint32_t code, std::string& text) {
    const auto add = [&](std::uint32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (code < 0x80) return add(code);
    if (code < 0x800) {
      add(0xC0 | code >> 6);
    } else {
      if (code < 0x10000) {
        add(0xE0 | code >> 12);
      } else {
        add(0xF0 | code >> 18);
        add(0x80 | (code >> 12 & 0x3F));
      }
      add(0x80 | (code >> 6 & 0x3F));
    }
    add(0x80 | (code & 0x3F));
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace vantage

#endif
