// SPDX-License-Identifier: MIT
#ifndef VANTAGE_STUDY_PLAN_HPP
#define VANTAGE_STUDY_PLAN_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "study.hpp"

/// One training that a study asks for.
struct Run {
  Labels labels;
  std::int64_t seed = 1;
  Settings settings;     ///< whole, as vantage-train would resolve them; the folder is empty
  std::string name;      ///< of its folder: labels, seed and a checksum of all that decides what is learned
  std::string speed_of;  ///< a checksum of the settings but for the seed: runs alike take equally long
};

/// Iterations of a run; the most there can be where a population's steps are not known before.
[[nodiscard]] std::int64_t iterations_of(const Settings& settings);

/// What of a study is wanted now.
struct Selection {
  std::string scale;                                      ///< empty: the study as it stands
  std::optional<std::int64_t> seeds;                      ///< 1 to this
  std::vector<std::pair<std::string, std::string>> only;  ///< dimension and label; labels of one dimension add up
};

/// Makes the measurements those of a scale. Throws: std::invalid_argument for one that the study does not have.
void choose_scale(Study& study, const std::string& name);

/// All runs: the grid's cells in the order of the file, each with its seeds.
/// Throws: std::invalid_argument for a scale or labels that the study does not have, and, naming the run, for options
/// that vantage-train would refuse.
[[nodiscard]] std::vector<Run> plan(const Study& study, const Selection& selection);

#endif
