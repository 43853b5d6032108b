// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_TASKS_HPP
#define VANTAGE_TRAIN_PROGRAM_TASKS_HPP

#include <string>
#include <vector>

#include "any_environment.hpp"

/// Makes the task of that name with options written "name=value".
/// Throws: std::invalid_argument for an unknown task or option, listing those known, or a wrong value.
AnyEnvironment make_task(const std::string& name, const std::vector<std::string>& options);

/// "HalfCheetah-v5, Hopper-v5, ..."
std::string task_names();

#endif
