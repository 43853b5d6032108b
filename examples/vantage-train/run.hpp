// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_RUN_HPP
#define VANTAGE_TRAIN_PROGRAM_RUN_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include "agent.hpp"
#include "any_environment.hpp"
#include "config_file.hpp"
#include "interrupt.hpp"
#include "model_card.hpp"
#include "parts.hpp"
#include "played_task.hpp"
#include "run_folder.hpp"
#include "run_logs.hpp"
#include "vantage/core/message.hpp"
#include "vantage/io/checksum.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/policy/policy_file.hpp"
#include "vantage/rollout/evaluate.hpp"
#include "vantage/train/checkpoint.hpp"
#include "vantage/train/console_progress.hpp"
#include "vantage/train/observers.hpp"
#include "vantage/train/periodic_evaluation.hpp"
#include "vantage/train/train.hpp"

/// Observer that evaluates the policy as it acts in training, in environments of its own, writes a row each time, and
/// keeps the best policy in a file.
template <class P>
class EvaluationLog {
 public:
  using SavePolicy = std::function<void(const std::filesystem::path&, const P&)>;

  /// A continued run goes on with the rows before `last_iteration`. Of ranks the first writes.
  template <class Source>
  EvaluationLog(const Settings& settings, const RunFolder& files, const Source& source, vantage::Context& context,
                std::optional<std::int64_t> last_iteration, SavePolicy save)
      : evaluation_(settings.evaluate_every, source, context,
                    {.episodes = settings.evaluate_episodes,
                     .deterministic = settings.evaluate_deterministic,
                     // streams that training does not use
                     .seed = settings.seed}),
        files_(files),
        save_(std::move(save)) {
    if (context.communicator().rank != 0) return;
    writer_.emplace(last_iteration ? vantage::CsvWriter::resume(files.evaluation(), columns(), "iteration",
                                                                static_cast<double>(*last_iteration))
                                   : vantage::CsvWriter(files.evaluation(), columns()));
    if (!last_iteration) return;
    const vantage::CsvTable table(files.evaluation());
    const vantage::Vector<double> returns = table.numbers("mean_return"), faults = table.numbers("faults"),
                                  deviations = table.numbers("std_return"), steps = table.numbers("env_steps");
    for (vantage::Index row = 0; row < returns.size(); ++row) {
      count({static_cast<vantage::Index>(faults[row]), returns[row]}, deviations[row],
            static_cast<std::int64_t>(steps[row]));
    }
  }

  [[nodiscard]] bool reads_source(std::int64_t iteration) const { return evaluation_.reads_source(iteration); }

  /// Whether this iteration had an evaluation, which is the last one then.
  template <class A>
  bool operator()(const vantage::IterationReport& report, const A& agent) {
    if (!evaluation_.evaluate_if_due(report, agent)) return false;
    if (!writer_) return true;
    const vantage::Evaluation& result = evaluation_.last();
    const double deviation = vantage::deviation(result.returns);
    const auto [low, high] = std::minmax_element(result.returns.begin(), result.returns.end());
    writer_->field(report.iteration).field(report.progress.env_steps).field(report.progress.episodes);
    writer_->field(report.progress.wall_seconds).field(evaluation_.last_return());
    writer_->field(deviation).field(*low).field(*high);
    writer_->field(vantage::mean(result.discounted_returns))
        .field(vantage::mean(result.lengths))
        .field(result.fault_count())
        .end_row();
    if (count(vantage::score(result), deviation, report.progress.env_steps)) {
      save_(files_.best_policy(), agent.policy);
    }
    return true;
  }

  [[nodiscard]] const EvaluationSummary& summary() const { return summary_; }
  [[nodiscard]] const vantage::Evaluation& last() const { return evaluation_.last(); }

 private:
  static vantage::CsvRow columns() {
    return {"iteration",  "env_steps",  "episodes",   "wall_seconds",           "mean_return",
            "std_return", "min_return", "max_return", "mean_discounted_return", "mean_length",
            "faults"};
  }

  // whether it is the best so far
  bool count(const vantage::EvaluationScore& now, double deviation, std::int64_t env_steps) {
    summary_.last_return = now.mean_return;
    summary_.last_deviation = deviation;
    summary_.last_steps = env_steps;
    if (!now.is_better_than(best_)) return false;
    best_ = now;
    summary_.best_return = now.mean_return;
    return true;
  }

  vantage::PeriodicEvaluation<AnyEnvironment, P> evaluation_;
  RunFolder files_;
  std::optional<vantage::CsvWriter> writer_;
  SavePolicy save_;
  EvaluationSummary summary_;
  vantage::EvaluationScore best_;
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

/// The policy file beside the checkpoint knows the model of the run so far. What is another is said beside --quiet too:
/// from the next policy on nobody could tell.
inline void say_if_model_changed(const Settings& settings, const RunFolder& files) {
  if (!std::filesystem::exists(files.policy())) return;
  const auto metadata = vantage::SafetensorsFile(files.policy()).metadata();
  const std::string changed = changed_model(metadata, settings.model_fingerprint);
  if (!changed.empty()) std::fprintf(stderr, "vantage-train: note: %s\n", changed.c_str());
}

/// Whether training is to end, on any rank; what ranks hold alike they then compare. Throws: std::runtime_error where
/// their policies differ.
template <class P>
bool ends_on_any_rank(bool ends, const P& policy, vantage::Context& context) {
  const vantage::Communicator& ranks = context.communicator();
  if (ranks.is_alone()) return ends;
  const auto& numbers = policy.parameters();
  const std::uint64_t own = vantage::fnv1a(
      {reinterpret_cast<const char*>(numbers.data()), static_cast<std::size_t>(numbers.size()) * sizeof(numbers[0])});
  context.local<vantage::Message>(0).exchange(ranks, ranks.size, [&](vantage::Message& message, vantage::Index rank) {
    bool theirs = ends;
    std::uint64_t sum = own;
    message("ends", theirs);
    message("policy", sum);
    ends = ends || theirs;
    if (sum == own) return;
    throw std::runtime_error(
        vantage::detail::join("expected the same policy on all ranks, got another on rank ", rank,
                              ": their processors or libraries round differently; start them on machines of one kind"));
  });
  return ends;
}

/// Trains `agent` as the settings say, by train(progress, observers...), and fills the run folder, on rank 0 where
/// there are ranks. Returns the exit code.
template <class Source, class A, class Train>
int run(const Settings& settings, vantage::Context& context, Source& source, A& agent, const Train& train) {
  using Clock = std::chrono::steady_clock;
  using P = typename A::Policy;
  const auto start = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  const RunFolder files{settings.output};
  const bool writes = context.communicator().rank == 0;
  vantage::TrainingProgress progress;

  // a run killed before its first checkpoint starts anew
  const bool continued = settings.resume && std::filesystem::exists(files.checkpoint());
  if (continued) {
    vantage::load_checkpoint(files.checkpoint(), source, agent, context, progress);
    say_if_model_changed(settings, files);
  }
  if (writes) vantage::write_file_atomically(files.config(), config_text(settings));
  // the copies of another rank, which then leaves none however it ends
  if (!writes && settings.resume) std::filesystem::remove_all(settings.output);

  const auto save_policy = [&](const std::filesystem::path& path, const P& policy) {
    if (!writes) return;
    vantage::FileMetadata metadata = task_metadata(settings.task_options, settings.model_fingerprint);
    metadata["seed"] = std::to_string(settings.seed);
    metadata["update"] = settings.update;
    metadata["iterations"] = std::to_string(progress.iterations);
    vantage::save_policy(path, alone(policy), source, metadata);
  };
  const auto save = [&] {
    vantage::save_checkpoint(files.checkpoint(), source, agent, context, progress, {{"config", config_text(settings)}});
    save_policy(files.policy(), agent.policy);
  };
  const auto is_kept = [&](std::int64_t iteration) {
    const auto& kept = settings.keep_checkpoints;
    return std::find(kept.begin(), kept.end(), iteration) != kept.end();
  };
  const auto is_saved = [&](std::int64_t iteration) {
    return settings.checkpoint_every > 0 && iteration % settings.checkpoint_every == 0;
  };
  const auto keep = [&] {
    if (!is_kept(progress.iterations)) return;
    vantage::save_checkpoint(files.kept_checkpoint(progress.iterations), source, agent, context, progress,
                             {{"config", config_text(settings)}});
  };
  if (!continued) {
    save();
    keep();
  }

  std::optional<RunLogs> logs;
  if (writes) logs.emplace(settings, files, source.spec().reward_terms, continued ? &progress : nullptr);
  std::optional<EvaluationLog<P>> evaluation;
  if (settings.evaluate_every > 0) {
    evaluation.emplace(settings, files, source, context, continued ? std::optional(progress.iterations) : std::nullopt,
                       save_policy);
  }
  std::optional<vantage::ConsoleProgress> console;
  if (writes && !settings.quiet) console.emplace();

  std::string reason = "finished";
  const auto never = [](std::int64_t) { return false; };
  const vantage::StopReason result = train(
      progress,
      vantage::ReadsSource(never,
                           [&](const vantage::IterationReport& report, const A& current) {
                             if (logs) (*logs)(report, current);
                           }),
      // the policy file of the best has the normaliser
      vantage::ReadsSource([&](std::int64_t iteration) { return evaluation && evaluation->reads_source(iteration); },
                           [&](const vantage::IterationReport& report, const A& current) {
                             const bool evaluated = evaluation && (*evaluation)(report, current);
                             if (evaluated && logs) logs->add(evaluation->last(), report.progress.env_steps);
                           }),
      vantage::ReadsSource([&](std::int64_t iteration) { return is_kept(iteration) || is_saved(iteration); },
                           [&](const vantage::IterationReport& report) {
                             keep();
                             if (is_saved(report.iteration)) save();
                           }),
      vantage::ReadsSource(never,
                           [&](const vantage::IterationReport& report) {
                             if (console) (*console)(report);
                           }),
      vantage::StopWhen([&](const vantage::IterationReport&) {
        const bool is_interrupted = interrupted != 0;
        const bool is_late = settings.max_seconds > 0 && elapsed() >= settings.max_seconds;
        if (!ends_on_any_rank(is_interrupted || is_late, agent.policy, context)) return false;
        reason = is_late && !is_interrupted ? "time" : "interrupted";
        return true;
      }));
  if (console) console->finish();

  const bool failed = result == vantage::StopReason::diverged || result == vantage::StopReason::faulted;
  if (failed) reason = result == vantage::StopReason::diverged ? "diverged" : "faulted";
  // after a divergence the last checkpoint stays: what led there would only lead there again
  if (result == vantage::StopReason::diverged) {
    save_policy(files.policy(), agent.policy);
  } else {
    save();
  }
  if (!writes) return failed ? 3 : 0;
  const EvaluationSummary summary = evaluation ? evaluation->summary() : EvaluationSummary{};
  write_summary(files, settings, progress, summary, reason, elapsed());
  draw_learning_curve(files, settings);
  write_model_card(files, settings, source.spec(), progress, summary, reason);
  if (progress.divergence) {
    std::fprintf(stderr, "vantage-train: diverged: %s; the last good agent is kept, the batch is in %s\n",
                 progress.divergence->words.c_str(), files.diverged_batch().c_str());
  } else if (failed) {
    std::fprintf(stderr, "vantage-train: the simulation broke down in all of %lld episodes; nothing can be learned\n",
                 static_cast<long long>(progress.episodes));
  }
  if (!settings.quiet) {
    std::printf("%s after %lld iterations and %lld steps; the run is in %s\n", reason.c_str(),
                static_cast<long long>(progress.iterations), static_cast<long long>(progress.env_steps),
                settings.output.string().c_str());
    std::printf("%.1f s in the worlds, %.1f s on values, %.1f s on the policy\n", progress.collect_seconds,
                progress.value_seconds, progress.policy_seconds);
  }
  return failed ? 3 : 0;
}

/// Where what training diverged on goes: of ranks the first writes.
inline std::filesystem::path diverged_batch(const Settings& settings, const vantage::Context& context) {
  return context.communicator().rank == 0 ? RunFolder{settings.output}.diverged_batch() : std::filesystem::path();
}

/// The same for the methods that learn from batches of steps.
template <class A>
int run(const Settings& settings, const AnyEnvironment& task, vantage::Context& context, A& agent) {
  auto source = make_source(settings, task);
  const vantage::TrainOptions options{.steps = settings.steps,
                                      .rounds = rounds(settings),
                                      .value_only_iterations = settings.value_only_iterations,
                                      .measure_every = settings.measure_every,
                                      .overlap_threads = context.communicator().is_alone() ? settings.overlap : 0,
                                      .divergence_file = diverged_batch(settings, context)};
  return run(settings, context, source, agent, [&](vantage::TrainingProgress& progress, auto&&... observers) {
    return vantage::train(source, agent, context, options, progress, observers...);
  });
}

#endif
