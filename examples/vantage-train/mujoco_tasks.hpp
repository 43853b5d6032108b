// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_MUJOCO_TASKS_HPP
#define VANTAGE_TRAIN_PROGRAM_MUJOCO_TASKS_HPP

#include "task_row.hpp"

/// The tasks that need MuJoCo, one row each. A program without MuJoCo links a function that has none.
[[nodiscard]] TaskTable mujoco_tasks();

#endif
