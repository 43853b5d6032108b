// SPDX-License-Identifier: MIT
// the pieces of a JSON header in any order and depth that the text asks for
#include <stdexcept>
#include <string>
#include <string_view>

#include "fuzz.hpp"
#include "vantage/io/json_scanner.hpp"

using namespace vantage;

namespace {

// a quoted text is read as it was
void check_quote(const std::string& text) {
  const std::string quoted = json_quote(text);
  JsonScanner again(quoted);
  fuzz_require(again.string() == text, "a quoted string reads back as another");
  again.end();
}

// the first byte says what the text is taken for; members of objects are taken for what their key's length says
void read(JsonScanner& json, std::size_t kind) {
  switch (kind % 4) {
    case 0:
      return check_quote(json.string());
    case 1:
      return fuzz_require(json.integer() >= 0, "a negative integer");
    case 2:
      return json.array([&] { read(json, kind / 4); });
    default:
      return json.object([&](const std::string& key) { read(json, kind / 4 + key.size() % 2); });
  }
}

}  // namespace

void fuzz(std::string_view text) {
  if (text.empty()) return;
  // whatever the bytes are, a text that is UTF-8 survives quoting
  if (is_utf8(text)) check_quote(std::string(text));
  try {
    JsonScanner json(text.substr(1));
    read(json, static_cast<unsigned char>(text.front()));
    json.end();
  } catch (const std::runtime_error&) {
  }
}
