// SPDX-License-Identifier: MIT
#include "vantage/io/protobuf_writer.hpp"

#include <string>

#include "catch.hpp"

using namespace vantage;

namespace {

std::string bytes(std::initializer_list<int> numbers) {
  std::string text;
  for (const int number : numbers) text += static_cast<char>(number);
  return text;
}

}  // namespace

TEST_CASE("fields have the bytes of the encoding's own description") {
  CHECK(ProtobufWriter().integer(1, 150).bytes() == bytes({0x08, 0x96, 0x01}));
  CHECK(ProtobufWriter().text(2, "testing").bytes() == bytes({0x12, 0x07}) + "testing");
  const ProtobufWriter inner = ProtobufWriter().integer(1, 150);
  CHECK(ProtobufWriter().message(3, inner).bytes() == bytes({0x1A, 0x03, 0x08, 0x96, 0x01}));
  CHECK(ProtobufWriter().integer(4, -2).bytes() ==
        bytes({0x20, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}));
}

TEST_CASE("numbers at the edges of a byte, fields behind the fifteenth, empty texts") {
  CHECK(ProtobufWriter().integer(1, 0).bytes() == bytes({0x08, 0x00}));
  CHECK(ProtobufWriter().integer(1, 127).bytes() == bytes({0x08, 0x7F}));
  CHECK(ProtobufWriter().integer(1, 128).bytes() == bytes({0x08, 0x80, 0x01}));
  CHECK(ProtobufWriter().integer(1, 16384).bytes() == bytes({0x08, 0x80, 0x80, 0x01}));
  CHECK(ProtobufWriter().integer(20, 2).bytes() == bytes({0xA0, 0x01, 0x02}));
  CHECK(ProtobufWriter().text(14, "").bytes() == bytes({0x72, 0x00}));
  CHECK(ProtobufWriter().text(1, std::string(300, 'x')).bytes() == bytes({0x0A, 0xAC, 0x02}) + std::string(300, 'x'));
  // zero bytes are bytes like others, and fields follow one another
  const std::string zero(1, '\0');
  CHECK(ProtobufWriter().text(1, zero).integer(2, 3).bytes() == bytes({0x0A, 0x01, 0x00, 0x10, 0x03}));
}

TEST_CASE("floating numbers lie with the lowest byte first, and a writer begins anew") {
  CHECK(ProtobufWriter().single(2, 1).bytes() == bytes({0x15, 0x00, 0x00, 0x80, 0x3F}));
  CHECK(ProtobufWriter().real(1, -2).bytes() == bytes({0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC0}));
  CHECK(ProtobufWriter().text(2, "testing").clear().integer(1, 150).bytes() == bytes({0x08, 0x96, 0x01}));
}
