// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_METHODS_HPP
#define VANTAGE_TRAIN_PROGRAM_METHODS_HPP

#include <set>
#include <string>
#include <string_view>

#include "settings.hpp"

// what tells the methods of the command line apart

/// The names that --update takes.
const std::set<std::string>& update_names();

/// Whether an option, named without its dashes, means something to a method, with a shared backbone or without.
bool applies(std::string_view option, const std::string& update, bool shared_backbone);

/// What a method starts from, where the command line and the configuration say nothing; with `preset` tuned to a task.
Settings method_defaults(const std::string& update, const std::string& task, bool preset);

#endif
