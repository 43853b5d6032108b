// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_CONFIG_FILE_HPP
#define VANTAGE_TRAIN_PROGRAM_CONFIG_FILE_HPP

#include <filesystem>
#include <string>

#include "option_values.hpp"

/// Reads a TOML file of options, named as on the command line without the dashes. They may stand in sections, each in
/// that of its group.
/// Throws: std::invalid_argument "path:line: ..." for what is no TOML, no option or of no kind that the option takes.
[[nodiscard]] GivenOptions read_config(const std::filesystem::path& path);

/// The same of the file's text; `path` only names it in errors.
[[nodiscard]] GivenOptions parse_config(const std::string& path, const std::string& text);

/// The options that the settings read, as TOML that read_config takes.
[[nodiscard]] std::string config_text(const Settings& settings);

#endif
