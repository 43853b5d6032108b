// SPDX-License-Identifier: MIT
#ifndef VANTAGE_PYTHON_WORLDS_HPP
#define VANTAGE_PYTHON_WORLDS_HPP

#include <nanobind/nanobind.h>

/// Adds the class Worlds to the module.
void bind_worlds(nanobind::module_& module);

#endif
