// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_DIAGNOSTICS_HPP
#define VANTAGE_DIAGNOSTICS_DIAGNOSTICS_HPP

// measurements on agents of any kind

#include "vantage/diagnostics/closed_loop.hpp"
#include "vantage/diagnostics/closed_loop_exponents.hpp"
#include "vantage/diagnostics/curvature.hpp"
#include "vantage/diagnostics/gradient_estimate.hpp"
#include "vantage/diagnostics/gradient_quality.hpp"
#include "vantage/diagnostics/hoelder.hpp"
#include "vantage/diagnostics/intervals.hpp"
#include "vantage/diagnostics/lyapunov.hpp"
#include "vantage/diagnostics/lyapunov_spectrum.hpp"
#include "vantage/diagnostics/start_value_error.hpp"
#include "vantage/diagnostics/statistics.hpp"
#include "vantage/diagnostics/step_distribution.hpp"
#include "vantage/diagnostics/student.hpp"
#include "vantage/diagnostics/value_error.hpp"
#include "vantage/diagnostics/value_step_bound.hpp"

#endif
