// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_WARM_START_HPP
#define VANTAGE_TRAIN_PROGRAM_WARM_START_HPP

#include "any_environment.hpp"
#include "option_values.hpp"

/// Takes network, normaliser and action map from the policy that training starts from.
/// Throws: std::invalid_argument if it does not fit task and method, or if `given` says something else;
/// vantage::FileError.
void take_from_policy(const GivenOptions& given, Settings& settings, const AnyEnvironment& task);

#endif
