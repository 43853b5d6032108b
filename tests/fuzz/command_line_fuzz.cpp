// SPDX-License-Identifier: MIT
// a command line, a word a line: refused with std::invalid_argument, or resolved
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "command_line.hpp"
#include "configuration.hpp"
#include "fuzz.hpp"
#include "kept_task.hpp"
#include "vantage/core/error.hpp"
#include "vantage/mujoco/guard.hpp"

void fuzz(std::string_view text) {
  std::vector<std::string> words;
  std::istringstream lines{std::string(text)};
  for (std::string word; std::getline(lines, word);) words.push_back(word);
  try {
    const CommandLine line = parse_command_line(words);
    if (line.help || line.version || line.options_table) return;
    fuzz_require(configure(line.given, kept_task).settings.steps > 0, "a run of no steps");
  } catch (const std::invalid_argument&) {
  } catch (const vantage::FileError&) {
    // a policy that the words name
  } catch (const vantage::mujoco::MujocoError&) {
    // a model that the words name
  }
}
