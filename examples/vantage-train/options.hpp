// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_OPTIONS_HPP
#define VANTAGE_TRAIN_PROGRAM_OPTIONS_HPP

#include <CLI/CLI.hpp>

#include "settings.hpp"

/// Declares every option; parsing then writes into `settings`, whose values are the defaults.
void add_options(CLI::App& app, Settings& settings);

#endif
