// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_OPTION_VALUES_HPP
#define VANTAGE_TRAIN_PROGRAM_OPTION_VALUES_HPP

#include <map>
#include <string>
#include <vector>

#include "option.hpp"

// between the field of an option and words

/// What a command line or a file says of an option.
struct Given {
  std::vector<std::string> words;
  std::string where;  ///< "--seed", "run.toml:3: seed"
  bool by_file = false;
};
/// In the order of the options.
using GivenOptions = std::map<const Option*, Given>;

/// Reads words into the field of an option. Whole numbers may be written as 1e6.
/// Throws: std::invalid_argument "where: expected ..., got ..." for what is no value of the option.
void read_value(const Option& option, const Given& given, Settings& settings);

/// The value in the words of a command line: numbers in full, lists with commas; empty where there is none.
[[nodiscard]] std::string value_text(const Option& option, const Settings& settings);

[[nodiscard]] bool same_value(const Option& option, const Settings& a, const Settings& b);

#endif
