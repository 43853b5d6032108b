// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_COMMAND_LINE_HPP
#define VANTAGE_TRAIN_PROGRAM_COMMAND_LINE_HPP

#include <string>
#include <vector>

#include "option_values.hpp"

/// What a command line says, its values unread.
struct CommandLine {
  GivenOptions given;
  bool help = false;
  bool version = false;
  bool options_table = false;
};

/// Throws: std::invalid_argument for words that are no options, with the nearest, and for options that lack a value.
[[nodiscard]] CommandLine parse_command_line(const std::vector<std::string>& words);

/// Every option that the method of these defaults reads.
[[nodiscard]] std::string help_text(const Settings& defaults);

/// What an option does, the numbers that it takes, its choices and what it needs, in one sentence.
[[nodiscard]] std::string described(const Option& option);

/// All options as tables in Markdown: what docs/options.md holds.
[[nodiscard]] std::string options_table();

#endif
