// SPDX-License-Identifier: MIT
#ifndef VANTAGE_STUDY_WORK_HPP
#define VANTAGE_STUDY_WORK_HPP

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "plan.hpp"
#include "vantage/core/communicator.hpp"

/// Where and how runs are made.
struct Workshop {
  std::filesystem::path output;                          ///< the study's folder
  std::filesystem::path runs;                            ///< folder of the runs, which several studies may share
  std::filesystem::path programs;                        ///< folder of vantage-train, vantage-eval and vantage-diagnose
  std::filesystem::path energy = "/sys/class/powercap";  ///< folder of the processor's energy counters
  std::int64_t jobs = 2;                                 ///< of each rank
  vantage::Communicator ranks = {};  ///< that make the runs together, each those that it takes first
  bool quiet = false;

  [[nodiscard]] std::filesystem::path folder(const Run& run) const { return runs / run.name; }
  /// Which the rank that makes the run has locked.
  [[nodiscard]] std::filesystem::path lock(const Run& run) const { return folder(run).string() + ".lock"; }
};

/// Seconds of a core for an environment step of training, by Run::speed_of.
using Speeds = std::map<std::string, double>;

/// Trains each kind of run for some iterations, unless that was done before, and looks at the columns that they have.
[[nodiscard]] Speeds measure_speeds(const Study& study, const std::vector<Run>& runs, const Workshop& workshop);

/// Environment steps that are left to train.
[[nodiscard]] double steps_left(const Run& run, const Workshop& workshop);
/// Seconds of a core that they take.
[[nodiscard]] double seconds_left(const Run& run, const Workshop& workshop, const Speeds& speeds);

/// Makes what the runs lack, the longest first; of ranks each takes the longest that none has taken. Returns the names
/// of those that failed, with the reason.
[[nodiscard]] std::map<std::string, std::string> make_runs(const Study& study, std::vector<Run> runs,
                                                           const Workshop& workshop, const Speeds& speeds);

#endif
