// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_TENSORBOARD_LOG_HPP
#define VANTAGE_TRAIN_TENSORBOARD_LOG_HPP

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vantage/io/tensorboard.hpp"
#include "vantage/rollout/evaluate.hpp"
#include "vantage/train/report.hpp"

namespace vantage {

/// Observer that writes the progress of training for TensorBoard, along environment steps. What Stable-Baselines3 has a
/// name for has that name, so that its dashboards show both; the rest is named "vantage/" and the column of CsvLog.
/// What was not measured, or is not part of the method, is left out.
///
/// As there, rollout/ep_rew_mean is the mean over the last 100 episodes, train/entropy_loss is minus the entropy,
/// train/value_loss a mean squared error (after the last value step; of a shared network before its update), and
/// train/std the mean of the deviations of a Gaussian's components. Not as there, rollout/ep_len_mean is the mean over
/// the episodes that ended in the iteration.
class TensorboardLog {
 public:
  /// Begins a file in a folder. `reward_terms` become tags "vantage/reward_term_<name>". Throws: FileError.
  explicit TensorboardLog(const std::filesystem::path& folder, const std::vector<std::string>& reward_terms = {})
      : TensorboardLog(TensorboardWriter(folder), reward_terms) {}

  /// Goes on after so many environment steps; what was written of later ones is dropped. Throws: FileError.
  [[nodiscard]] static TensorboardLog resume(const std::filesystem::path& folder,
                                             const std::vector<std::string>& reward_terms, std::int64_t last_step) {
    return TensorboardLog(TensorboardWriter::resume(folder, last_step), reward_terms);
  }

  /// Of the file of events.
  [[nodiscard]] const std::filesystem::path& path() const { return writer_.path(); }

  /// Never: it reads report and agent.
  static bool reads_source(std::int64_t /*iteration*/) { return false; }

  /// Writes the numbers of an iteration at its environment step. Throws: FileError.
  void operator()(const IterationReport& report) {
    add_progress(report);
    add_value(report.value);
    add_policy(report.policy);
    writer_.end_step(report.progress.env_steps);
  }

  /// The same, with the deviation of the agent's policy, where it is one for all states.
  template <class A>
  void operator()(const IterationReport& report, const A& agent) {
    add_deviation(agent.policy);
    (*this)(report);
  }

  /// An evaluation after so many environment steps.
  void add(const Evaluation& evaluation, std::int64_t env_steps) {
    writer_.scalar("eval/mean_reward", mean(evaluation.returns));
    writer_.scalar("eval/mean_ep_length", mean(evaluation.lengths));
    writer_.scalar("vantage/eval_std_return", deviation(evaluation.returns));
    writer_.scalar("vantage/eval_mean_discounted_return", mean(evaluation.discounted_returns));
    writer_.scalar("vantage/eval_faults", static_cast<double>(evaluation.fault_count()));
    writer_.end_step(env_steps);
  }

 private:
  TensorboardLog(TensorboardWriter writer, const std::vector<std::string>& reward_terms) : writer_(std::move(writer)) {
    for (const std::string& term : reward_terms) terms_.push_back("vantage/reward_term_" + term);
  }

  template <class Number>
  void add(std::string_view tag, Number value) {
    writer_.scalar(tag, static_cast<double>(value));
  }

  template <class P>
  void add_deviation(const P& policy) {
    if constexpr (requires { policy.mean_deviation(); }) {
      add("train/std", policy.mean_deviation());
    } else if constexpr (requires { policy.policy(); }) {
      add_deviation(policy.policy());
    }
  }

  void add_progress(const IterationReport& report) {
    const TrainingProgress& progress = report.progress;
    add("rollout/ep_rew_mean", progress.mean_return_last_100());
    add("rollout/ep_len_mean", report.mean_length);
    add("time/fps", static_cast<double>(progress.env_steps) / progress.wall_seconds);
    add("vantage/iteration", report.iteration);
    add("vantage/wall_seconds", progress.wall_seconds);
    add("vantage/episodes", progress.episodes);
    add("vantage/mean_return", report.mean_return);
    add("vantage/faults", progress.faults);
    add("vantage/warnings", progress.warnings);

    // only the columns of episodes that ended hold numbers
    const auto episodes = static_cast<Index>(report.episodes.returns.size());
    const Matrix<double>& terms = report.episodes.reward_terms;
    for (std::size_t term = 0; episodes > 0 && term < terms_.size(); ++term) {
      const auto row = static_cast<Index>(term);
      if (row < terms.rows()) add(terms_[term], terms.row(row).head(episodes).mean());
    }
  }

  void add_value(const ValueReport& value) {
    // neither steps nor an error: there is no value
    if (value.steps == 0 && value.error_before == 0) return;
    add("train/value_loss", value.error_after * value.error_after);
    add("train/explained_variance", value.explained_variance);
    add("vantage/value_error_before", value.error_before);
    add("vantage/value_error_after", value.error_after);
    if (value.steps == 0) return;
    add("vantage/value_gradient_norm", value.gradient_norm);
    add("vantage/value_steps", value.steps);
    add("vantage/held_out_value_error", value.held_out_error);
    const ForesightReport& foresight = value.foresight;
    add("vantage/fresh_explained_variance", foresight.explained_variance);
    add("vantage/fresh_rank_correlation", foresight.rank_correlation);
    add("vantage/linear_explained_variance", foresight.linear_explained_variance);
    add("vantage/linear_rank_correlation", foresight.linear_rank_correlation);
    add("vantage/slope_cosine", foresight.slope_cosine);
  }

  void add_policy(const PolicyReport& policy) {
    if (policy.learning_rate > 0) add("train/learning_rate", policy.learning_rate);
    add("vantage/policy_gradient_norm", policy.gradient_norm);
    add("vantage/policy_epochs", policy.epochs);
    add("vantage/noise_scale", policy.noise_scale);
    // a step of a population's centre has no distribution of actions, and no measure
    const AscentReport& ascent = policy.ascent;
    if (!std::isnan(ascent.noise_share)) {
      if (ascent.predicted_return != 0) add("vantage/predicted_return", ascent.predicted_return);
      add("vantage/boundary_share", ascent.boundary_share);
      add("vantage/noise_share", ascent.noise_share);
      if (std::isnan(ascent.centre_drop) && !policy.violated) return;
      add("vantage/centre_return", ascent.centre_return);
      add("vantage/centre_drop", ascent.centre_drop);
      add("vantage/violated", policy.violated);
      add("vantage/reverted", policy.reverted);
      return;
    }
    const StepMeasure& step = policy.step;
    add("train/approx_kl", step.mean_kl);
    add("train/clip_fraction", step.clip_fraction);
    add("train/entropy_loss", -step.entropy);
    add("vantage/kl_max", step.max_kl);
    add("vantage/ratio_min", step.min_ratio);
    add("vantage/ratio_max", step.max_ratio);
    add("vantage/violated", policy.violated);
    add("vantage/reverted", policy.reverted);
    if (policy.kl_penalty > 0) add("vantage/kl_penalty", policy.kl_penalty);

    const NaturalStepReport& natural = policy.natural;
    if (natural.cg_iterations == 0) return;
    add("train/kl_divergence_loss", step.mean_kl);
    add("train/is_line_search_success", natural.accepted);
    add("vantage/cg_iterations", natural.cg_iterations);
    add("vantage/cg_residual", natural.cg_residual);
    add("vantage/curvature", natural.curvature);
    add("vantage/expected_improvement", natural.expected_improvement);
    add("vantage/improvement", natural.improvement);
    add("vantage/backtracks", natural.backtracks);
    add("vantage/step_fraction", natural.step_fraction);
  }

  TensorboardWriter writer_;
  std::vector<std::string> terms_;
};

}  // namespace vantage

#endif
