// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_CARRY_OUT_HPP
#define VANTAGE_DIAGNOSE_CARRY_OUT_HPP

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "findings.hpp"
#include "units.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/checksum.hpp"
#include "vantage/train/console_progress.hpp"
#include "vantage/version.hpp"

/// Says what a measurement costs, makes it, and leaves its files. A measurement has phases() and
/// measure(Units&) -> Findings, which makes what it can of the pieces that are done. Pieces of another checkpoint,
/// which its checksum tells, are not taken for its own.
template <class Measured, class Measurement>
int carry_out(const Request& request, const Measured& subject, const std::filesystem::path& checkpoint,
              Measurement measurement) {
  const std::string iteration = std::to_string(subject.progress().iterations);
  const std::string checksum = std::to_string(vantage::fnv1a(vantage::read_file(checkpoint)));
  Units units(request, request.text + "iteration " + iteration + "\ncheckpoint " + checksum + '\n',
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

#endif
