// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_CSV_LOG_HPP
#define VANTAGE_TRAIN_CSV_LOG_HPP

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "vantage/io/csv.hpp"
#include "vantage/train/report.hpp"

namespace vantage {

/// Observer that writes a row an iteration, in the form of its writer. Counters (env_steps, episodes, faults, warnings)
/// and seconds are those since the start of training, steps_per_second is their quotient; mean_return, mean_length and
/// the reward terms are means over the episodes that ended in the iteration, "nan" where none did; columns of methods
/// that were not used are 0, but centre_return and centre_drop "nan" where no centre is played. Units: value errors in
/// the (scaled) return's, KL and entropy in nats. Where diagnostics are asked for, noise_scale, in samples,
/// held_out_value_error, value_steps, what an EPVF's value knows (ForesightReport) and noise_share follow, "nan" where
/// they were not measured, but the steps 0.
template <class Writer>
class ProgressLog {
 public:
  /// Replaces the file. `reward_terms` become columns "reward_term_<name>". Throws: FileError.
  explicit ProgressLog(const std::filesystem::path& path, const std::vector<std::string>& reward_terms = {},
                       bool diagnostics = false)
      : ProgressLog(Writer(path, columns(reward_terms, diagnostics)), reward_terms.size(), diagnostics) {}

  /// Goes on after `last_iteration`; rows after it are dropped. Throws: FileError, also if the columns differ.
  [[nodiscard]] static ProgressLog resume(const std::filesystem::path& path,
                                          const std::vector<std::string>& reward_terms, std::int64_t last_iteration,
                                          bool diagnostics = false) {
    return ProgressLog(
        Writer::resume(path, columns(reward_terms, diagnostics), "iteration", static_cast<double>(last_iteration)),
        reward_terms.size(), diagnostics);
  }

  /// Never: it reads the report.
  static bool reads_source(std::int64_t /*iteration*/) { return false; }

  /// Writes the row of an iteration. Throws: FileError.
  void operator()(const IterationReport& report) {
    const TrainingProgress& progress = report.progress;
    const StepMeasure& step = report.policy.step;
    const double speed =
        progress.wall_seconds > 0 ? static_cast<double>(progress.env_steps) / progress.wall_seconds : 0;
    writer_.field(report.iteration).field(progress.env_steps).field(progress.wall_seconds).field(progress.episodes);
    writer_.field(report.mean_return).field(progress.mean_return_last_100()).field(report.mean_length);
    writer_.field(report.value.error_before).field(report.value.error_after).field(report.value.explained_variance);
    writer_.field(step.mean_kl).field(step.max_kl).field(step.entropy);
    writer_.field(step.min_ratio).field(step.max_ratio).field(step.clip_fraction);
    writer_.field(report.value.gradient_norm).field(report.policy.gradient_norm);
    writer_.field(report.policy.learning_rate).field(report.policy.epochs).field(report.policy.kl_penalty);
    writer_.field(report.policy.violated).field(report.policy.reverted);
    const NaturalStepReport& natural = report.policy.natural;
    writer_.field(natural.cg_iterations).field(natural.cg_residual).field(natural.curvature);
    writer_.field(natural.expected_improvement).field(natural.improvement);
    writer_.field(natural.backtracks).field(natural.step_fraction).field(natural.accepted);
    const AscentReport& ascent = report.policy.ascent;
    writer_.field(ascent.predicted_return).field(ascent.boundary_share);
    writer_.field(ascent.centre_return).field(ascent.centre_drop);
    writer_.field(progress.faults).field(progress.warnings).field(speed);

    // only the columns of episodes that ended hold numbers
    const auto episodes = static_cast<Index>(report.episodes.returns.size());
    for (std::size_t term = 0; term < terms_; ++term) {
      const auto row = static_cast<Index>(term);
      const bool known = episodes > 0 && row < report.episodes.reward_terms.rows();
      writer_.field(known ? report.episodes.reward_terms.row(row).head(episodes).mean()
                          : std::numeric_limits<double>::quiet_NaN());
    }
    if (diagnostics_) {
      writer_.field(report.policy.noise_scale).field(report.value.held_out_error).field(report.value.steps);
      const ForesightReport& foresight = report.value.foresight;
      writer_.field(foresight.explained_variance).field(foresight.rank_correlation);
      writer_.field(foresight.linear_explained_variance).field(foresight.linear_rank_correlation);
      writer_.field(foresight.slope_cosine).field(ascent.noise_share);
    }
    writer_.end_row();
  }

 private:
  ProgressLog(Writer writer, std::size_t terms, bool diagnostics)
      : writer_(std::move(writer)), terms_(terms), diagnostics_(diagnostics) {}

  static CsvRow columns(const std::vector<std::string>& reward_terms, bool diagnostics) {
    CsvRow names{"iteration",
                 "env_steps",
                 "wall_seconds",
                 "episodes",
                 "mean_return",
                 "mean_return_last_100",
                 "mean_length",
                 "value_error_before",
                 "value_error_after",
                 "explained_variance",
                 "kl_mean",
                 "kl_max",
                 "entropy",
                 "ratio_min",
                 "ratio_max",
                 "clip_fraction",
                 "value_gradient_norm",
                 "policy_gradient_norm",
                 "policy_learning_rate",
                 "policy_epochs",
                 "kl_penalty",
                 "violated",
                 "reverted",
                 "cg_iterations",
                 "cg_residual",
                 "curvature",
                 "expected_improvement",
                 "improvement",
                 "backtracks",
                 "step_fraction",
                 "step_accepted",
                 "predicted_return",
                 "boundary_share",
                 "centre_return",
                 "centre_drop",
                 "faults",
                 "warnings",
                 "steps_per_second"};
    for (const std::string& term : reward_terms) names.push_back("reward_term_" + term);
    if (diagnostics) {
      names.insert(names.end(), {"noise_scale", "held_out_value_error", "value_steps", "fresh_explained_variance",
                                 "fresh_rank_correlation", "linear_explained_variance", "linear_rank_correlation",
                                 "slope_cosine", "noise_share"});
    }
    return names;
  }

  Writer writer_;
  std::size_t terms_;
  bool diagnostics_;
};

/// The progress of training as a table.
using CsvLog = ProgressLog<CsvWriter>;

}  // namespace vantage

#endif
