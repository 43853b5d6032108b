// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_PROTOBUF_WRITER_HPP
#define VANTAGE_IO_PROTOBUF_WRITER_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vantage {

namespace detail {

// little endian, whatever the machine is
template <class Unsigned>
void append_fixed(std::string& out, Unsigned value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i) & 255U);
}

}  // namespace detail

/// One message in the wire format of protocol buffers, field by field: whole numbers, floating ones and what has a
/// length. A message within is text of its bytes.
/// Source: protobuf.dev, "Encoding".
class ProtobufWriter {
 public:
  /// A field of type int32, int64, bool or enum. Pre: field >= 1.
  ProtobufWriter& integer(unsigned field, std::int64_t value) {
    varint(std::uint64_t{field} << 3U);
    // negative numbers are those of 64 bits in two's complement, ten bytes
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }

  /// Fields of type float and double. Pre: field >= 1.
  ProtobufWriter& single(unsigned field, float value) {
    varint(std::uint64_t{field} << 3U | 5U);
    detail::append_fixed(bytes_, std::bit_cast<std::uint32_t>(value));
    return *this;
  }
  ProtobufWriter& real(unsigned field, double value) {
    varint(std::uint64_t{field} << 3U | 1U);
    detail::append_fixed(bytes_, std::bit_cast<std::uint64_t>(value));
    return *this;
  }

  /// A field of type string, bytes or a message. Pre: field >= 1.
  ProtobufWriter& text(unsigned field, std::string_view value) {
    varint(std::uint64_t{field} << 3U | 2U);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  ProtobufWriter& message(unsigned field, const ProtobufWriter& value) { return text(field, value.bytes_); }

  /// The message so far.
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

  /// Begins another message, in the room of the last one.
  ProtobufWriter& clear() {
    bytes_.clear();
    return *this;
  }

 private:
  // seven bits a byte, the lowest first; the eighth says that more follow
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_ += static_cast<char>((value & 0x7FU) | 0x80U);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace vantage

#endif
