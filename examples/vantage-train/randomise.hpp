// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_RANDOMISE_HPP
#define VANTAGE_TRAIN_PROGRAM_RANDOMISE_HPP

#include <string>

#include "vantage/mujoco/randomization.hpp"

/// Of a text such as "friction=0.5:1.5,mass.torso=0:2:offset,motor_gain=0.9:1.1:each": entries with commas between
/// them, each a quantity, a name after a dot where it is not of all, the range, and what is not as usual (a factor, one
/// draw for all). Empty: none. Throws: std::invalid_argument in the option's words.
[[nodiscard]] vantage::mujoco::Randomization parse_randomization(const std::string& text);

#endif
