// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_MUJOCO_HPP
#define VANTAGE_MUJOCO_MUJOCO_HPP

// everything that needs MuJoCo

#include "vantage/mujoco/custom_task.hpp"
#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/guard.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/integration_state.hpp"
#include "vantage/mujoco/inverted_pendulum.hpp"
#include "vantage/mujoco/model.hpp"
#include "vantage/mujoco/names.hpp"
#include "vantage/mujoco/swimmer.hpp"
#include "vantage/mujoco/task_options.hpp"
#include "vantage/mujoco/task_support.hpp"
#include "vantage/mujoco/version.hpp"
#include "vantage/mujoco/walker2d.hpp"

#endif
