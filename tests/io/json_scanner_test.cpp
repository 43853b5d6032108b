// SPDX-License-Identifier: MIT
#include "vantage/io/json_scanner.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace vantage;

namespace {

std::string text_of(const std::string& json) {
  JsonScanner scanner(json);
  std::string value = scanner.string();
  scanner.end();
  return value;
}

std::int64_t integer_of(const std::string& json) {
  JsonScanner scanner(json);
  const std::int64_t value = scanner.integer();
  scanner.end();
  return value;
}

std::vector<std::int64_t> array_of(const std::string& json) {
  JsonScanner scanner(json);
  std::vector<std::int64_t> values;
  scanner.array([&] { values.push_back(scanner.integer()); });
  scanner.end();
  return values;
}

}  // namespace

TEST_CASE("strings of JSON") {
  CHECK(text_of(R"("plain")") == "plain");
  CHECK(text_of(R"( "\"\\\/\b\f\n\r\t" )") == "\"\\/\b\f\n\r\t");
  CHECK(text_of(R"("\u0041\u00e9\u20AC\ud83d\ude00")") == "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(text_of("\"\\u0000\"") == std::string(1, '\0'));
  for (const char* bad :
       {"", "\"", "\"a", "a\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud83d\"", "\"\\ud83dx\"",
        "\"\\ud83d\\u0041\"", "\"\\ude00\"", "\"a\nb\"", "\"\xFF\"", "\"\xC3\"", "\"a\" b", "'a'"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(text_of(bad), std::runtime_error);
  }
}

TEST_CASE("integers of JSON") {
  CHECK(integer_of("0") == 0);
  CHECK(integer_of(" 9223372036854775807 ") == 9223372036854775807);
  for (const char* bad :
       {"", "-1", "+1", "01", "1.0", "1e3", "9223372036854775808", "99999999999999999999", "0x1", "a"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(integer_of(bad), std::runtime_error);
  }
}

TEST_CASE("numbers and words of JSON") {
  const auto word_of = [](const std::string& json) {
    JsonScanner scanner(json);
    const std::string word(scanner.bare_word());
    scanner.end();
    return word;
  };
  for (const char* text : {"0", "-0", "12", "-3.25", "1e5", "0.5E-3", "1e999", "null", "true", "false"}) {
    CHECK(word_of(text) == text);
    CHECK(word_of(std::string(" ") + text + "\n") == text);
  }
  for (const char* text : {"", "-", "+1", ".5", "1.", "1.e5", "01", "-01", "1e", "0x10", "nan", "inf", "-inf", "nulls",
                           "True", "1 2", "\"1\"", "[1]"}) {
    INFO(text);
    CHECK_THROWS_AS(word_of(text), std::runtime_error);
  }
}

TEST_CASE("arrays and objects of JSON") {
  CHECK(array_of("[]").empty());
  CHECK(array_of(" [ 1 ,\n2\t] ") == std::vector<std::int64_t>{1, 2});
  for (const char* bad : {"[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "[[1]]"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(array_of(bad), std::runtime_error);
  }
  JsonScanner scanner(R"({"a": 1, "b": {}, "c": [2]})");
  std::string seen;
  scanner.object([&](const std::string& key) {
    seen += key;
    if (key == "a") seen += std::to_string(scanner.integer());
    if (key == "b") scanner.object([&](const std::string&) { seen += '!'; });
    if (key == "c") scanner.array([&] { seen += std::to_string(scanner.integer()); });
  });
  scanner.end();
  CHECK(seen == "a1bc2");
}

TEST_CASE("well-formed UTF-8") {
  for (const char* good :
       {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(is_utf8(good));
  }
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xED\xA0\x80",
                          "\xE2\x82", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE"}) {
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("quoted text reads back") {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  all += "\xC3\xA9";
  CHECK(text_of(json_quote(all)) == all);
  CHECK(json_quote("a\n\"") == R"("a\u000a\"")");
}
