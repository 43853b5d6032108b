// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_MUJOCO_HPP
#define VANTAGE_MUJOCO_MUJOCO_HPP

// everything that needs MuJoCo

#include "vantage/mujoco/guard.hpp"
#include "vantage/mujoco/integration_state.hpp"
#include "vantage/mujoco/model.hpp"
#include "vantage/mujoco/version.hpp"

#endif
