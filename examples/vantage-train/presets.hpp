// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_PRESETS_HPP
#define VANTAGE_TRAIN_PROGRAM_PRESETS_HPP

#include <string>

#include "settings.hpp"

/// What a method starts from, where the command line and the configuration say nothing: the defaults of the options,
/// with the preset "true", and for methods with populations always, tuned to a task (empty: that of the defaults). With
/// "fast" they are those of the task's recipe, or tuned where the recipe has another method.
Settings method_defaults(const std::string& update, const std::string& task, const std::string& preset);

#endif
