// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_CHECKSUM_HPP
#define VANTAGE_IO_CHECKSUM_HPP

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace vantage {

/// Hash of a text by FNV-1a with 64 bits: h <- (h xor byte) * 0x100000001b3, from `state` on. It finds damage, not
/// forgery. Source: Fowler, Noll, Vo, "The FNV Non-Cryptographic Hash Algorithm".
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t state = 0xcbf29ce484222325) {
  for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return state;
}

/// Length of a checksum in text: 64 bits in hexadecimal digits.
inline constexpr std::size_t kChecksumDigits = 16;

/// The checksum of a text that holds it itself: the hexadecimal digits that belong at `position`, which count as
/// zeros while they are computed. Pre: position + kChecksumDigits <= text.size().
[[nodiscard]] inline std::string embedded_checksum(std::string_view text, std::size_t position) {
  const std::string zeros(kChecksumDigits, '0');
  std::uint64_t hash = fnv1a(text.substr(position + zeros.size()), fnv1a(zeros, fnv1a(text.substr(0, position))));
  std::string digits = zeros;
  for (std::size_t i = digits.size(); i-- > 0; hash >>= 4) digits[i] = "0123456789abcdef"[hash & 15];
  return digits;
}

namespace detail {

// what a byte that leaves the register does to it, of the reflected polynomial
inline constexpr std::array<std::uint32_t, 256> kCrc32cTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
    table[byte] = crc;
  }
  return table;
}();

}  // namespace detail

/// Cyclic redundancy check of a text by CRC-32C: the remainder of its bits, the lowest first, by the polynomial
/// 0x1edc6f41, from all ones, inverted. Source: RFC 3720, section 12.1 and appendix B.4.
[[nodiscard]] constexpr std::uint32_t crc32c(std::string_view text) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : text) crc = (crc >> 8) ^ detail::kCrc32cTable[(crc ^ static_cast<unsigned char>(c)) & 255U];
  return ~crc;
}

}  // namespace vantage

#endif
