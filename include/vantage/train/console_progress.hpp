// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_CONSOLE_PROGRESS_HPP
#define VANTAGE_TRAIN_CONSOLE_PROGRESS_HPP

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include "vantage/core/error.hpp"
#include "vantage/train/report.hpp"

namespace vantage {

/// Hours, minutes and seconds, as "1:02:03" or "2:03"; "?" for what is not a finite number >= 0.
[[nodiscard]] inline std::string duration_text(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "?";
  const auto whole = static_cast<long>(std::lround(seconds));
  char text[64];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  }
  return text;
}

/// One line about an iteration: steps, speed, mean return of the last 100 episodes, value error after the value steps,
/// mean KL of the policy step in nats (of EPVF the return that it predicts for its policy), both "-" where the method
/// has none or they were not measured, faults where there were any, and the time left at the mean speed so far.
[[nodiscard]] inline std::string progress_line(const IterationReport& report) {
  const TrainingProgress& progress = report.progress;
  const auto steps = static_cast<double>(progress.env_steps);
  const auto total = static_cast<double>(report.total_steps);
  const double speed = progress.wall_seconds > 0 ? steps / progress.wall_seconds : 0;
  const double left = speed > 0 ? std::fmax(total - steps, 0.0) / speed : -1;
  const double percent = total > 0 ? std::fmin(100 * steps / total, 100.0) : 0;
  const auto number = [](const char* format, double value) {
    char text[32] = "-";
    if (std::isfinite(value)) std::snprintf(text, sizeof text, format, value);
    return std::string(text);
  };
  // without value steps there may be no value at all
  const bool has_value = report.value.steps > 0 || report.value.error_after != 0;
  const double error = has_value ? report.value.error_after : std::nan("");
  const double predicted = report.policy.ascent.predicted_return;
  // an ascent from runs of its own measures none
  const double kl = std::isnan(report.policy.ascent.noise_share) ? report.policy.step.mean_kl : std::nan("");
  const std::string step = predicted != 0 ? "predicted " + number("%.1f", predicted) : "KL " + number("%.2g", kl);
  char text[320];
  char faults[40] = "";
  if (progress.faults > 0)
    std::snprintf(faults, sizeof faults, "  faults %lld", static_cast<long long>(progress.faults));
  std::snprintf(text, sizeof text,
                "iteration %lld  steps %lld (%.0f%%)  %.0f steps/s  return %s  value error %s  %s%s  ETA %s",
                static_cast<long long>(report.iteration), static_cast<long long>(progress.env_steps), percent, speed,
                number("%.1f", progress.mean_return_last_100()).c_str(), number("%.3g", error).c_str(), step.c_str(),
                faults, duration_text(left).c_str());
  return text;
}

struct ConsoleProgressOptions {
  std::FILE* stream = stdout;     ///< where the lines go; not owned
  double terminal_seconds = 0.2;  ///< least time between two lines on a terminal, s
  double plain_seconds = 5;       ///< least time between two lines elsewhere, s
};

/// Observer that shows how training goes on: a line rewritten in place on a terminal, now and then a plain line into a
/// file or pipe. The first and the last iteration are always shown.
class ConsoleProgress {
 public:
  /// Throws: std::invalid_argument for a negative time or no stream.
  explicit ConsoleProgress(const ConsoleProgressOptions& options = {})
      : options_(options), terminal_(options.stream != nullptr && ::isatty(::fileno(options.stream)) == 1) {
    require(options.stream != nullptr, "ConsoleProgress", "a stream", "none");
    require(options.terminal_seconds >= 0, "ConsoleProgress", "terminal_seconds >= 0", options.terminal_seconds);
    require(options.plain_seconds >= 0, "ConsoleProgress", "plain_seconds >= 0", options.plain_seconds);
  }

  ConsoleProgress(const ConsoleProgress&) = delete;
  ConsoleProgress& operator=(const ConsoleProgress&) = delete;

  ~ConsoleProgress() { finish(); }

  /// Never: it reads the report.
  static bool reads_source(std::int64_t /*iteration*/) { return false; }

  /// Shows the first iteration, the last one, and between them one where a pause has passed.
  void operator()(const IterationReport& report) {
    const auto now = Clock::now();
    const double pause = terminal_ ? options_.terminal_seconds : options_.plain_seconds;
    const bool last = report.progress.env_steps >= report.total_steps;
    if (shown_ && !last && std::chrono::duration<double>(now - time_).count() < pause) return;
    shown_ = true;
    time_ = now;
    // carriage return, the line, and "erase to the end of the line"
    std::fprintf(options_.stream, terminal_ ? "\r%s\x1b[K" : "%s\n", progress_line(report).c_str());
    std::fflush(options_.stream);
    open_ = terminal_;
  }

  /// Ends a line that would be rewritten, so that other output can follow.
  void finish() {
    if (!open_) return;
    std::fputc('\n', options_.stream);
    std::fflush(options_.stream);
    open_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;

  ConsoleProgressOptions options_;
  bool terminal_;
  bool shown_ = false;
  bool open_ = false;
  Clock::time_point time_;
};

}  // namespace vantage

#endif
