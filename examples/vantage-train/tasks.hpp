// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_TASKS_HPP
#define VANTAGE_TRAIN_PROGRAM_TASKS_HPP

#include <functional>
#include <string>
#include <vector>

#include "any_environment.hpp"

/// Makes the task of that name with options written "name=value".
/// Throws: std::invalid_argument for an unknown task or option, listing those known, or a wrong value.
AnyEnvironment make_task(const std::string& name, const std::vector<std::string>& options);

/// What make_task does, by itself or with worlds that are kept.
using TaskMaker = std::function<AnyEnvironment(const std::string& name, const std::vector<std::string>& options)>;

/// The same options in one form, whoever wrote them: in the order of their names, numbers in their shortest text, the
/// path of a model absolute. Throws: as make_task, and for a model file that is not there.
std::vector<std::string> settled_options(const std::string& task, const std::vector<std::string>& options);

/// The value that an option of the task has unless it is set. Pre: there is such a task and option.
std::string default_of(const std::string& task, const std::string& option);

/// "HalfCheetah-v5, Hopper-v5, ..."
std::string task_names();

#endif
