// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_CONFIGURATION_HPP
#define VANTAGE_TRAIN_PROGRAM_CONFIGURATION_HPP

#include "any_environment.hpp"
#include "option_values.hpp"
#include "tasks.hpp"

/// All that a run needs to know.
struct Configuration {
  Settings settings;
  AnyEnvironment task;
};

/// Resolves what a command line says: with the configuration file behind it, the method's defaults behind both, and,
/// where a run goes on, that run's own configuration instead of the defaults.
/// The task is made by `make`, which who configures often can give to keep the worlds that it made.
/// Throws: std::invalid_argument for options that do not fit each other or the task, that nothing reads, and, where a
/// run goes on, for those that differ from its own.
[[nodiscard]] Configuration configure(const GivenOptions& line, const TaskMaker& make = make_task);

/// The defaults for the method and task of a command line, for --help; what is wrong is passed over.
[[nodiscard]] Settings defaults_of(const GivenOptions& line);

#endif
