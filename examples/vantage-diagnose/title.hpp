// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_TITLE_HPP
#define VANTAGE_DIAGNOSE_TITLE_HPP

#include <string>

#include "picture.hpp"
#include "settings.hpp"
#include "vantage/train/report.hpp"

/// "Hopper-v5, ppo, iteration 150".
inline std::string subject_text(const Settings& settings, const vantage::TrainingProgress& progress) {
  return settings.task + ", " + settings.update + ", iteration " + std::to_string(progress.iterations);
}

/// That and what a picture shows, as gnuplot's command.
inline std::string picture_title(const Settings& settings, const vantage::TrainingProgress& progress,
                                 const std::string& what) {
  return "set title " + gnuplot_text(subject_text(settings, progress) + ": " + what) + " noenhanced\nset grid\n";
}

#endif
