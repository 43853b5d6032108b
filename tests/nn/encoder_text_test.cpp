// SPDX-License-Identifier: MIT
#include "vantage/nn/encoder_text.hpp"

#include <stdexcept>

#include "catch.hpp"

using namespace vantage;

TEST_CASE("the parts of an encoder as one word, and back") {
  const std::vector<EncoderPart> parts{{48, {64}}, {187, {128, 64}}, {6, {}}};
  CHECK(encoder_text(parts) == "48:64+187:128,64+6");
  for (const auto& some : {parts, {{3, {}}}, {{3, {5}}}, {{1, {}}, {2, {}}}, {}}) {
    CHECK(encoder_parts(encoder_text(some)) == some);
  }
}

TEST_CASE("other words are refused") {
  for (const char* text : {"+", "3+", "+3", "3:", "3:4,", "3,4", "3:4:5", "0", "3:0", "-1", "3: 4", "3 ", "a", "3:4+",
                           "1048577", "3:1048577", "99999999999999999999", "3:4;5"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(encoder_parts(text), std::invalid_argument);
  }
  CHECK_THROWS_WITH(encoder_parts("3:x"), "encoder: expected parts such as 48:64+187:128,64, got 3:x");
  std::string many = "1";
  for (int i = 0; i < 63; ++i) many += "+1";
  CHECK(encoder_parts(many).size() == 64);
  CHECK_THROWS_AS(encoder_parts(many + "+1"), std::invalid_argument);
}
