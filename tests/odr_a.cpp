// SPDX-License-Identifier: MIT
// includes every header; its twin does the same: a function that is not inline would be defined twice
#include "vantage/deploy/deploy.hpp"
#include "vantage/diagnostics/diagnostics.hpp"
#include "vantage/tabular/tabular.hpp"
#include "vantage/vantage.hpp"

#if __has_include(<mujoco/mujoco.h>) && __has_include("vantage/mujoco/mujoco.hpp")
#include "vantage/mujoco/mujoco.hpp"
#endif
