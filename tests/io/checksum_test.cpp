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
