// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_CHECK_WORLD_HPP
#define VANTAGE_TRAIN_PROGRAM_CHECK_WORLD_HPP

#include "any_environment.hpp"
#include "settings.hpp"

/// Tries a copy of the world with random actions before training, for a quarter of a second or so: what would spoil
/// training in silence is said on standard error, and a line on standard output, unless --quiet, sums up the rest. It
/// stops nothing.
void check_world(const AnyEnvironment& world, const Settings& settings);

#endif
