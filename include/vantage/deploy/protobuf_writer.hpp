// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DEPLOY_PROTOBUF_WRITER_HPP
#define VANTAGE_DEPLOY_PROTOBUF_WRITER_HPP

#include <cstdint>
#include <string>
#include <string_view>

namespace vantage {

/// One message in the wire format of protocol buffers, field by field: whole numbers and what has a length. A message
/// within is text of its bytes.
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

  /// A field of type string, bytes or a message. Pre: field >= 1.
  ProtobufWriter& text(unsigned field, std::string_view value) {
    varint(std::uint64_t{field} << 3U | 2U);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  ProtobufWriter& message(unsigned field, const ProtobufWriter& value) { return text(field, value.bytes_); }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

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
