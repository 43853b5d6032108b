// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_DIAGNOSE_HPP
#define VANTAGE_DIAGNOSE_DIAGNOSE_HPP

#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "baselines.hpp"
#include "chaos.hpp"
#include "curvature.hpp"
#include "findings.hpp"
#include "gradients.hpp"
#include "landscape.hpp"
#include "measurements.hpp"
#include "steps.hpp"
#include "subject.hpp"
#include "trust_region.hpp"
#include "units.hpp"
#include "value_landscape.hpp"
#include "values.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/checksum.hpp"
#include "vantage/train/console_progress.hpp"
#include "vantage/version.hpp"

/// Says what a measurement costs, makes it, and leaves its files. A measurement has phases() and
/// measure(Units&) -> Findings, which makes what it can of the pieces that are done. Pieces of another `checkpoint`,
/// which its checksum tells, are not taken for its own.
template <class P, class Measurement>
int carry_out(const Request& request, const Subject<P>& subject, const std::string& checkpoint,
              Measurement measurement) {
  const std::string iteration = std::to_string(subject.progress().iterations);
  Units units(request, request.text + "iteration " + iteration + "\ncheckpoint " + checkpoint + '\n',
              measurement.phases());
  if (!request.quiet) {
    const double steps = units.steps_left();
    const double seconds = steps / subject.speed(request.threads);
    std::printf("%s of %s at iteration %s: about %.0f environment steps, %s on %lld threads\n",
                request.measurement.c_str(), subject.settings().task.c_str(), iteration.c_str(), steps,
                vantage::duration_text(seconds).c_str(), static_cast<long long>(request.threads));
  }
  if (request.dry_run) return 0;
  const Findings findings = measurement.measure(units);
  const bool complete = units.complete();
  write_findings(request.output, request.measurement, findings,
                 {{"measurement", request.measurement},
                  {"task", subject.settings().task},
                  {"update", subject.settings().update},
                  {"iteration", iteration},
                  {"scale", kScaleNames[static_cast<std::size_t>(request.scale)]},
                  {"pieces", units.done_words()},
                  {"version", VANTAGE_VERSION}},
                 request.quiet);
  if (!complete) std::printf("interrupted after %s; --resume goes on\n", units.done_words().c_str());
  if (!request.quiet) std::printf("the measurement is in %s\n", request.output.string().c_str());
  return 0;
}

/// Measures what is asked of the agent in a checkpoint.
template <class P>
int diagnose(const Request& request, const Settings& settings, const AnyEnvironment& task,
             const std::filesystem::path& checkpoint, vantage::Context& context, P policy) {
  const Subject<P> subject(settings, task, checkpoint, std::move(policy), context);
  const std::string checksum = std::to_string(vantage::fnv1a(vantage::read_file(checkpoint)));
  const auto carry = [&](auto measurement) { return carry_out(request, subject, checksum, std::move(measurement)); };
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
