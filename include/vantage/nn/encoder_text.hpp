// SPDX-License-Identifier: MIT
#ifndef VANTAGE_NN_ENCODER_TEXT_HPP
#define VANTAGE_NN_ENCODER_TEXT_HPP

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/nn/encoder.hpp"

namespace vantage {

/// The parts of an encoder in one word, as files and options hold them: "48:64+187:128,64+6" are 48 components through
/// a layer of 64, the next 187 through layers of 128 and 64, and the last 6 as they are. Empty: no encoder.
[[nodiscard]] inline std::string encoder_text(const std::vector<EncoderPart>& parts) {
  std::string text;
  for (const EncoderPart& part : parts) {
    if (!text.empty()) text += '+';
    text += std::to_string(part.size);
    for (std::size_t i = 0; i < part.hidden.size(); ++i) text += (i == 0 ? ":" : ",") + std::to_string(part.hidden[i]);
  }
  return text;
}

/// The parts that such a word tells of. Throws: std::invalid_argument for other words, numbers that are not from 1 to
/// 2^20, and more than 64 parts or layers of a part.
[[nodiscard]] inline std::vector<EncoderPart> encoder_parts(std::string_view text) {
  constexpr std::size_t kMost = 64;
  std::vector<EncoderPart> parts;
  const char* at = text.data();
  const char* const end = at + text.size();
  // what the next number follows on
  for (char before = '+'; at != end || before == ':' || before == ',' || (before == '+' && !parts.empty());) {
    Index number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    const char after = next == end ? '\0' : *next;
    const bool is_part = before == '+';
    const bool follows = after == '\0' || after == '+' || after == (is_part ? ':' : ',');
    require(error == std::errc{} && follows && number >= 1 && number <= (Index{1} << 20) &&
                (is_part ? parts.size() : parts.back().hidden.size()) < kMost,
            "encoder", "parts such as 48:64+187:128,64", text);
    if (is_part) {
      parts.push_back({number, {}});
    } else {
      parts.back().hidden.push_back(number);
    }
    if (after == '\0') break;
    before = after;
    at = next + 1;
  }
  return parts;
}

}  // namespace vantage

#endif
