// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_RUN_FOLDER_HPP
#define VANTAGE_TRAIN_PROGRAM_RUN_FOLDER_HPP

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

#include "settings.hpp"
#include "vantage/train/report.hpp"

/// The files of one run.
struct RunFolder {
  std::filesystem::path folder;

  [[nodiscard]] std::filesystem::path policy() const { return folder / "policy.safetensors"; }
  /// Of the best evaluation, where there are evaluations.
  [[nodiscard]] std::filesystem::path best_policy() const { return folder / "best_policy.safetensors"; }
  [[nodiscard]] std::filesystem::path archive() const { return folder / "archive.safetensors"; }
  /// What training diverged on, if it did: the batch, or of EPVF the archive.
  [[nodiscard]] std::filesystem::path diverged_batch() const { return folder / "diverged_batch.safetensors"; }
  [[nodiscard]] std::filesystem::path checkpoint() const { return folder / "checkpoint.safetensors"; }
  [[nodiscard]] std::filesystem::path kept_checkpoint(std::int64_t iteration) const {
    return folder / ("checkpoint-" + std::to_string(iteration) + ".safetensors");
  }
  [[nodiscard]] std::filesystem::path progress() const { return folder / "progress.csv"; }
  [[nodiscard]] std::filesystem::path progress_lines() const { return folder / "progress.jsonl"; }
  [[nodiscard]] std::filesystem::path evaluation() const { return folder / "evaluation.csv"; }
  [[nodiscard]] std::filesystem::path config() const { return folder / "config.toml"; }
  [[nodiscard]] std::filesystem::path summary() const { return folder / "summary.json"; }
  [[nodiscard]] std::filesystem::path learning_curve() const { return folder / "learning_curve.png"; }

  [[nodiscard]] std::filesystem::path card() const { return folder / "README.md"; }

  [[nodiscard]] bool holds_run() const;

  /// Makes the folder, and with `overwrite` removes the files of an earlier run, and nothing else.
  /// Throws: std::invalid_argument if it holds a run that may not be overwritten.
  void prepare(bool overwrite) const;
};

/// Whether the run starts from a policy file: a continued one has its own.
bool starts_warm(const Settings& settings);
/// Whether the run begins with demonstrations and not with a checkpoint.
[[nodiscard]] bool clones(const Settings& settings);
/// Whether the run begins with moments of a file and not with a checkpoint.
[[nodiscard]] bool is_given_moments(const Settings& settings);

/// Mean returns of the policy's own evaluations; not numbers where there were none.
struct EvaluationSummary {
  double last_return = std::numeric_limits<double>::quiet_NaN();
  double best_return = std::numeric_limits<double>::quiet_NaN();
  double last_deviation = std::numeric_limits<double>::quiet_NaN();  ///< of the returns of the last one
  std::int64_t last_steps = 0;                                       ///< environment steps after which it was
};

/// Writes summary.json. `process_seconds` is the wall time of this process, everything included.
void write_summary(const RunFolder& files, const Settings& settings, const vantage::TrainingProgress& progress,
                   const EvaluationSummary& evaluation, const std::string& stop_reason, double process_seconds);

/// Draws learning_curve.png from progress.csv by gnuplot; says so where there is none.
void draw_learning_curve(const RunFolder& files, const Settings& settings);

#endif
