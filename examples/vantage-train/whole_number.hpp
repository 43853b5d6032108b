// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_WHOLE_NUMBER_HPP
#define VANTAGE_TRAIN_PROGRAM_WHOLE_NUMBER_HPP

#include <string>
#include <string_view>

/// The digits of a whole number that may be written as 1e6 or 4096.0, a minus included; empty if it is none.
[[nodiscard]] std::string whole_digits(std::string_view text);

#endif
