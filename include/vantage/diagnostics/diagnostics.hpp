// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSTICS_DIAGNOSTICS_HPP
#define VANTAGE_DIAGNOSTICS_DIAGNOSTICS_HPP

// measurements on agents of any kind

#include "vantage/diagnostics/batch_noise_scale.hpp"
#include "vantage/diagnostics/closed_loop.hpp"
#include "vantage/diagnostics/closed_loop_exponents.hpp"
#include "vantage/diagnostics/curvature.hpp"
#include "vantage/diagnostics/gradient_estimate.hpp"
#include "vantage/diagnostics/gradient_quality.hpp"
#include "vantage/diagnostics/gradient_stream.hpp"
#include "vantage/diagnostics/hoelder.hpp"
#include "vantage/diagnostics/intervals.hpp"
#include "vantage/diagnostics/landscape.hpp"
#include "vantage/diagnostics/landscape_plane.hpp"
#include "vantage/diagnostics/landscape_summary.hpp"
#include "vantage/diagnostics/lyapunov.hpp"
#include "vantage/diagnostics/lyapunov_spectrum.hpp"
#include "vantage/diagnostics/population_slopes.hpp"
#include "vantage/diagnostics/return_estimate.hpp"
#include "vantage/diagnostics/return_samples.hpp"
#include "vantage/diagnostics/slope_quality.hpp"
#include "vantage/diagnostics/squared_error.hpp"
#include "vantage/diagnostics/start_value_error.hpp"
#include "vantage/diagnostics/statistics.hpp"
#include "vantage/diagnostics/step_distribution.hpp"
#include "vantage/diagnostics/student.hpp"
#include "vantage/diagnostics/surrogate_value.hpp"
#include "vantage/diagnostics/true_value.hpp"
#include "vantage/diagnostics/trust_region_trace.hpp"
#include "vantage/diagnostics/value_error.hpp"
#include "vantage/diagnostics/value_quality.hpp"
#include "vantage/diagnostics/value_step_constants.hpp"

#endif
