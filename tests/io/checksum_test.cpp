// SPDX-License-Identifier: MIT
#include "vantage/io/checksum.hpp"

#include "catch.hpp"

using namespace vantage;

TEST_CASE("the hash has its published values") {
  // test vectors of the algorithm's authors
  CHECK(fnv1a("") == 0xcbf29ce484222325);
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8c);
  CHECK(fnv1a("foobar") == 0x85944171f73967e8);
  CHECK(fnv1a("bar", fnv1a("foo")) == fnv1a("foobar"));
}

TEST_CASE("a text that holds its checksum keeps it, and any other byte changes it") {
  std::string text = "head 0000000000000000 tail";
  const std::string digits = embedded_checksum(text, 5);
  text.replace(5, kChecksumDigits, digits);
  CHECK(embedded_checksum(text, 5) == digits);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i >= 5 && i < 5 + kChecksumDigits) continue;
    std::string damaged = text;
    damaged[i] ^= 1;
    CHECK(embedded_checksum(damaged, 5) != digits);
  }
}

TEST_CASE("CRC-32C has its published values, and finds any change of a bit") {
  // test vectors of RFC 3720, appendix B.4
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  std::string up, down;
  for (int i = 0; i < 32; ++i) {
    up += static_cast<char>(i);
    down += static_cast<char>(31 - i);
  }
  CHECK(crc32c(up) == 0x46dd794e);
  CHECK(crc32c(down) == 0x113fdb5c);
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c("") == 0);
  for (std::size_t bit = 0; bit < 8 * up.size(); ++bit) {
    std::string damaged = up;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    CHECK(crc32c(damaged) != crc32c(up));
  }
}
