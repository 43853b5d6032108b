// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_MUJOCO_HPP
#define VANTAGE_MUJOCO_MUJOCO_HPP

// everything that needs MuJoCo

#include "vantage/mujoco/ant.hpp"
#include "vantage/mujoco/custom_task.hpp"
#include "vantage/mujoco/environment.hpp"
#include "vantage/mujoco/gl_context.hpp"
#include "vantage/mujoco/gl_library.hpp"
#include "vantage/mujoco/guard.hpp"
#include "vantage/mujoco/half_cheetah.hpp"
#include "vantage/mujoco/handles.hpp"
#include "vantage/mujoco/hidden_state.hpp"
#include "vantage/mujoco/hopper.hpp"
#include "vantage/mujoco/humanoid.hpp"
#include "vantage/mujoco/humanoid_mjcf.hpp"
#include "vantage/mujoco/humanoid_observation.hpp"
#include "vantage/mujoco/humanoid_standup.hpp"
#include "vantage/mujoco/integration_state.hpp"
#include "vantage/mujoco/inverted_double_pendulum.hpp"
#include "vantage/mujoco/inverted_pendulum.hpp"
#include "vantage/mujoco/model.hpp"
#include "vantage/mujoco/model_fingerprint.hpp"
#include "vantage/mujoco/model_needs.hpp"
#include "vantage/mujoco/names.hpp"
#include "vantage/mujoco/physics_options.hpp"
#include "vantage/mujoco/physics_warnings.hpp"
#include "vantage/mujoco/pusher.hpp"
#include "vantage/mujoco/reacher.hpp"
#include "vantage/mujoco/render.hpp"
#include "vantage/mujoco/robot_task.hpp"
#include "vantage/mujoco/stage.hpp"
#include "vantage/mujoco/swimmer.hpp"
#include "vantage/mujoco/target_speed_ant.hpp"
#include "vantage/mujoco/task_options.hpp"
#include "vantage/mujoco/task_support.hpp"
#include "vantage/mujoco/urdf.hpp"
#include "vantage/mujoco/version.hpp"
#include "vantage/mujoco/walker2d.hpp"

#endif
