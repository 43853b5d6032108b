// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_DIAGNOSE_HPP
#define VANTAGE_DIAGNOSE_DIAGNOSE_HPP

#include <stdexcept>
#include <utility>

#include "baselines.hpp"
#include "carry_out.hpp"
#include "chaos.hpp"
#include "curvature.hpp"
#include "gradients.hpp"
#include "landscape.hpp"
#include "measurements.hpp"
#include "steps.hpp"
#include "subject.hpp"
#include "trust_region.hpp"
#include "value_landscape.hpp"
#include "values.hpp"

/// Measures what is asked of the agent in a checkpoint.
template <class P>
int diagnose(const Request& request, const Settings& settings, const AnyEnvironment& task,
             const std::filesystem::path& checkpoint, vantage::Context& context, P policy) {
  const Subject<P> subject(settings, task, checkpoint, std::move(policy), context);
  const auto carry = [&](auto measurement) { return carry_out(request, subject, checkpoint, std::move(measurement)); };
  if (request.measurement == "gradients") return carry(MeasureGradients<P>(request, subject));
  if (request.measurement == "values") return carry(MeasureValues<P>(request, subject));
  if (request.measurement == "baselines") return carry(MeasureBaselines<P>(request, subject));
  if (request.measurement == "steps") return carry(MeasureSteps<P>(request, subject));
  if (request.measurement == "curvature") return carry(MeasureCurvature<P>(request, subject));
  if (request.measurement == "trust-region") return carry(MeasureTrustRegion<P>(request, subject));
  if (request.measurement == "landscape") {
    return request.landscape.of == "values" ? carry(MeasureValueLandscape<P>(request, subject))
                                            : carry(MeasureLandscape<P>(request, subject));
  }
  if (request.measurement == "chaos") return carry(MeasureChaos<P>(request, subject));
  throw std::invalid_argument("there is no measurement " + request.measurement);
}

#endif
