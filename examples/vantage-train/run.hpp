// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_RUN_HPP
#define VANTAGE_TRAIN_PROGRAM_RUN_HPP

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>

#include "any_environment.hpp"
#include "parts.hpp"
#include "run_folder.hpp"
#include "vantage/policy/policy_file.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/rollout/evaluate.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/console_progress.hpp"
#include "vantage/train/csv_log.hpp"
#include "vantage/train/observers.hpp"
#include "vantage/train/train.hpp"

/// Set by Ctrl-C and by SIGTERM.
extern volatile std::sig_atomic_t interrupted;

/// Observer that evaluates the policy as it acts in training, in environments of its own, and writes a row each time.
class EvaluationLog {
 public:
  EvaluationLog(const Settings& settings, const AnyEnvironment& task, const vantage::Collector<AnyEnvironment>& source,
                vantage::Context& context, vantage::CsvWriter writer)
      : settings_(settings), task_(task), source_(source), context_(context), writer_(std::move(writer)) {}

  template <class A>
  void operator()(const vantage::IterationReport& report, const A& agent) {
    if (settings_.evaluate_every == 0 || report.iteration % settings_.evaluate_every != 0) return;
    const vantage::EvaluationOptions options{
        .episodes = settings_.evaluate_episodes,
        // streams that training does not use, and new ones each time
        .seed = settings_.seed * 1'000'003 + static_cast<std::uint64_t>(report.iteration),
        .action_map = source_.environments().options().action_map,
        .gamma = settings_.gamma};
    const auto* normalizer = source_.options().normalize_observations ? &source_.normalizer() : nullptr;
    const vantage::Evaluation result = vantage::evaluate(task_, agent.policy, normalizer, context_, options);
    const double mean = vantage::mean(result.returns);
    double squares = 0;
    for (const double value : result.returns) squares += (value - mean) * (value - mean);
    const auto [low, high] = std::minmax_element(result.returns.begin(), result.returns.end());
    writer_.field(report.iteration).field(report.progress.env_steps).field(mean);
    writer_.field(std::sqrt(squares / static_cast<double>(result.returns.size()))).field(*low).field(*high);
    writer_.field(vantage::mean(result.discounted_returns)).field(vantage::mean(result.lengths)).end_row();
  }

  static vantage::CsvRow columns() {
    return {
        "iteration",  "env_steps", "mean_return", "std_return", "min_return", "max_return", "mean_discounted_return",
        "mean_length"};
  }

 private:
  const Settings& settings_;
  const AnyEnvironment& task_;
  const vantage::Collector<AnyEnvironment>& source_;
  vantage::Context& context_;
  vantage::CsvWriter writer_;
};

/// The policy as it is saved: without the value function on its hidden layers, where it has one.
template <class P>
decltype(auto) alone(const P& policy) {
  if constexpr (requires { policy.policy(); }) {
    return policy.policy();
  } else {
    return (policy);
  }
}

/// Trains `agent` as the settings say, and fills the run folder. Returns the exit code.
template <class A>
int run(const Settings& settings, const AnyEnvironment& task, vantage::Context& context, A& agent) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  const RunFolder files{settings.output};
  const auto action_map = named<vantage::ActionMap>(vantage::kActionMapNames, settings.action_map);
  vantage::Collector<AnyEnvironment> source(
      vantage::VectorEnvironment<AnyEnvironment>(task, {.count = settings.environments,
                                                        .seed = settings.seed,
                                                        .action_map = action_map,
                                                        .fault_penalty = settings.fault_penalty}),
      {.steps = settings.batch / settings.environments,
       .normalize_observations = settings.normalize_observations,
       .scale_rewards = settings.scale_rewards,
       .gamma = settings.gamma});
  if (starts_warm(settings)) {
    if (const auto file = vantage::load_policy<float>(settings.policy); file.normalizer) {
      source.set_normalizer(*file.normalizer);
    }
  }
  vantage::TrainingProgress progress;

  // a run killed before its first checkpoint starts anew
  const bool continued = settings.resume && std::filesystem::exists(files.checkpoint());
  if (continued) vantage::load_checkpoint(files.checkpoint(), source, agent, context, progress);
  vantage::write_file_atomically(files.config(), config_text(settings));

  const auto save_policy = [&] {
    const auto* normalizer = settings.normalize_observations ? &source.normalizer() : nullptr;
    vantage::save_policy(files.policy(), alone(agent.policy), normalizer, action_map, task.spec(),
                         {{"seed", std::to_string(settings.seed)},
                          {"update", settings.update},
                          {"iterations", std::to_string(progress.iterations)}});
  };
  const auto save = [&] {
    vantage::save_checkpoint(files.checkpoint(), source, agent, context, progress, {{"config", config_text(settings)}});
    save_policy();
  };
  const auto keep = [&] {
    const auto& kept = settings.keep_checkpoints;
    if (std::find(kept.begin(), kept.end(), progress.iterations) == kept.end()) return;
    vantage::save_checkpoint(files.kept_checkpoint(progress.iterations), source, agent, context, progress,
                             {{"config", config_text(settings)}});
  };
  if (!continued) {
    save();
    keep();
  }

  vantage::CsvLog log = continued
                            ? vantage::CsvLog::resume(files.progress(), task.spec().reward_terms, progress.iterations)
                            : vantage::CsvLog(files.progress(), task.spec().reward_terms);
  std::optional<EvaluationLog> evaluation;
  if (settings.evaluate_every > 0) {
    auto writer = continued ? vantage::CsvWriter::resume(files.evaluation(), EvaluationLog::columns(), "iteration",
                                                         static_cast<double>(progress.iterations))
                            : vantage::CsvWriter(files.evaluation(), EvaluationLog::columns());
    evaluation.emplace(settings, task, source, context, std::move(writer));
  }
  std::optional<vantage::ConsoleProgress> console;
  if (!settings.quiet) console.emplace();

  std::string reason = "finished";
  const vantage::StopReason result = vantage::train(
      source, agent, context,
      {.steps = settings.steps, .rounds = rounds(settings), .value_only_iterations = settings.value_only_iterations},
      progress, [&](const vantage::IterationReport& report) { log(report); },
      [&](const vantage::IterationReport& report, const A& current) {
        if (evaluation) (*evaluation)(report, current);
      },
      [&](const vantage::IterationReport& report) {
        keep();
        if (settings.checkpoint_every > 0 && report.iteration % settings.checkpoint_every == 0) save();
      },
      [&](const vantage::IterationReport& report) {
        if (console) (*console)(report);
      },
      vantage::StopWhen([&](const vantage::IterationReport&) {
        if (interrupted != 0) {
          reason = "interrupted";
        } else if (settings.max_seconds > 0 && elapsed() >= settings.max_seconds) {
          reason = "time";
        } else {
          return false;
        }
        return true;
      }));
  if (console) console->finish();

  // after a divergence the last checkpoint stays: what led there would only lead there again
  if (result == vantage::StopReason::diverged) {
    reason = "diverged";
    save_policy();
  } else {
    save();
  }
  write_summary(files, settings, progress, reason, elapsed());
  draw_learning_curve(files, settings);
  if (!settings.quiet || reason == "diverged") {
    std::printf("%s after %lld iterations and %lld steps; the run is in %s\n", reason.c_str(),
                static_cast<long long>(progress.iterations), static_cast<long long>(progress.env_steps),
                settings.output.string().c_str());
  }
  return reason == "diverged" ? 3 : 0;
}

#endif
