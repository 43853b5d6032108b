// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_MEMORY_WORDS_HPP
#define VANTAGE_TRAIN_PROGRAM_MEMORY_WORDS_HPP

#include <string>

#include "settings.hpp"
#include "vantage/env/spec.hpp"

/// That memory is out, and which option asked for most of it.
[[nodiscard]] std::string memory_words(const Settings& settings, const vantage::EnvironmentSpec& spec);

#endif
