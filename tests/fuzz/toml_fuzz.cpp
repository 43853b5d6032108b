// SPDX-License-Identifier: MIT
// a configuration file: refused with std::invalid_argument, or settings that are written and read back as they are
#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "config_file.hpp"
#include "configuration.hpp"
#include "fuzz.hpp"
#include "kept_task.hpp"

namespace {

// files that the text names are not the reader's business
bool names_files(const GivenOptions& given) {
  return std::any_of(given.begin(), given.end(), [](const auto& entry) {
    const std::string_view name = entry.first->name;
    return name == "policy" || name == "archive" || name == "value-from" || name == "task-option";
  });
}

}  // namespace

void fuzz(std::string_view text) {
  try {
    GivenOptions given = parse_config("run.toml", std::string(text));
    if (names_files(given)) return;
    const std::string written = config_text(configure(given, kept_task).settings);
    const std::string again = config_text(configure(parse_config("again.toml", written), kept_task).settings);
    fuzz_require(written == again, "a configuration reads back as another");
  } catch (const std::invalid_argument&) {
  }
}
