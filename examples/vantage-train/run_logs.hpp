// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_RUN_LOGS_HPP
#define VANTAGE_TRAIN_PROGRAM_RUN_LOGS_HPP

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "run_folder.hpp"
#include "vantage/train/csv_log.hpp"
#include "vantage/train/json_lines_log.hpp"
#include "vantage/train/tensorboard_log.hpp"

/// Observer that writes the progress of a run in all forms that were asked for. A continued run goes on with what was
/// written up to its checkpoint.
class RunLogs {
 public:
  /// `checkpoint` is what a continued run goes on from; null: it starts anew.
  RunLogs(const Settings& settings, const RunFolder& files, const std::vector<std::string>& reward_terms,
          const vantage::TrainingProgress* checkpoint)
      : csv_(open<vantage::CsvLog>(settings, files.progress(), reward_terms, checkpoint)) {
    const auto is_asked = [&](const char* form) {
      return std::find(settings.log.begin(), settings.log.end(), form) != settings.log.end();
    };
    if (is_asked("jsonl")) {
      lines_ = open<vantage::JsonLinesLog>(settings, files.progress_lines(), reward_terms, checkpoint);
    }
    if (!is_asked("tensorboard")) return;
    if (checkpoint != nullptr) {
      tensorboard_ = vantage::TensorboardLog::resume(files.folder, reward_terms, checkpoint->env_steps);
      return;
    }
    // of a run that was killed before its first checkpoint
    for (const auto& file : vantage::TensorboardWriter::files(files.folder)) std::filesystem::remove(file);
    tensorboard_.emplace(files.folder, reward_terms);
  }

  template <class A>
  void operator()(const vantage::IterationReport& report, const A& agent) {
    csv_(report);
    if (lines_) (*lines_)(report);
    if (tensorboard_) (*tensorboard_)(report, agent);
  }

  /// An evaluation after so many environment steps; the tables have it in a file of its own.
  void add(const vantage::Evaluation& evaluation, std::int64_t env_steps) {
    if (tensorboard_) tensorboard_->add(evaluation, env_steps);
  }

 private:
  template <class Log>
  static Log open(const Settings& settings, const std::filesystem::path& path,
                  const std::vector<std::string>& reward_terms, const vantage::TrainingProgress* checkpoint) {
    const bool diagnostics = settings.diagnose != "none" || settings.value_step_rule != "fixed";
    return checkpoint != nullptr ? Log::resume(path, reward_terms, checkpoint->iterations, diagnostics)
                                 : Log(path, reward_terms, diagnostics);
  }

  vantage::CsvLog csv_;
  std::optional<vantage::JsonLinesLog> lines_;
  std::optional<vantage::TensorboardLog> tensorboard_;
};

#endif
