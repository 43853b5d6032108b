// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_MEASUREMENTS_HPP
#define VANTAGE_DIAGNOSE_MEASUREMENTS_HPP

#include <filesystem>

#include "any_environment.hpp"
#include "request.hpp"
#include "settings.hpp"

// one kind of agent a source file; each measures what is asked of the agent in a checkpoint, and returns the exit code

int diagnose_gaussian(const Request& request, const Settings& settings, const AnyEnvironment& task,
                      const std::filesystem::path& checkpoint);
int diagnose_categorical(const Request& request, const Settings& settings, const AnyEnvironment& task,
                         const std::filesystem::path& checkpoint);
int diagnose_population(const Request& request, const Settings& settings, const AnyEnvironment& task,
                        const std::filesystem::path& checkpoint);

#endif
