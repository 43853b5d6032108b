// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_TRAIN_HPP
#define VANTAGE_TRAIN_TRAIN_HPP

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <type_traits>
#include <utility>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/core/discount.hpp"
#include "vantage/train/agent.hpp"
#include "vantage/train/divergence.hpp"
#include "vantage/train/notification.hpp"
#include "vantage/train/report.hpp"
#include "vantage/train/update_stage.hpp"
#include "vantage/value/shared_value.hpp"

namespace vantage {

/// How train runs.
struct TrainOptions {
  /// Environment steps in all, those before a resume included; rounded up to whole batches.
  std::int64_t steps = 1'000'000;
  /// Times that advantages are computed and both updates made on each batch. More than one recomputes the advantages
  /// with the new values; the rounds end with one whose policy update stopped at its trust region.
  Index rounds = 1;
  /// Iterations at the start in which only the value learns.
  std::int64_t value_only_iterations = 0;
  /// Iterations from one that measures its steps for the report to the next, the first among them; what the learner
  /// itself needs is always measured. See Context::measures.
  std::int64_t measure_every = 1;
  /// Threads of their own on which the value steps of an iteration run while the next batch is collected, with the same
  /// results; 0: they end before it begins. See train.
  Index overlap_threads = 0;
  /// Where the batch goes that training diverged on, see save_batch; empty: nowhere.
  std::filesystem::path divergence_file = {};
};

/// Throws: std::invalid_argument for negative numbers, no round, or no iteration that measures.
inline void validate(const TrainOptions& options) {
  require(options.steps >= 0, "TrainOptions", "steps >= 0", options.steps);
  require(options.rounds >= 1, "TrainOptions", "rounds >= 1", options.rounds);
  require(options.value_only_iterations >= 0, "TrainOptions", "value_only_iterations >= 0",
          options.value_only_iterations);
  require(options.measure_every >= 1, "TrainOptions", "measure_every >= 1", options.measure_every);
  require(options.overlap_threads >= 0, "TrainOptions", "overlap_threads >= 0", options.overlap_threads);
}

namespace detail {

/// Leaves a context as a loop found it: all that is done with it afterwards is measured again, if it was before.
class KeepMeasures {
 public:
  explicit KeepMeasures(Context& context) : context_(context), measures_(context.measures()) {}
  KeepMeasures(const KeepMeasures&) = delete;
  KeepMeasures& operator=(const KeepMeasures&) = delete;
  ~KeepMeasures() { context_.set_measures(measures_); }

 private:
  Context& context_;
  bool measures_;
};

template <class A, class V, class... Observers>
void require_overlap(const Context& context) {
  constexpr const char* kWho = "train with overlap_threads";
  require(UpdateStage::can_wait<A, V>, kWho,
          "a value function of its own, learned by an update that has draws(samples)", "another");
  require((SaysWhatItReads<Observers> && ...), kWho, "observers with reads_source(iteration), see ReadsSource",
          "another");
  require(context.communicator().is_alone(), kWho, "one rank", context.communicator().size);
}

}  // namespace detail

/// The training loop: collect, advantages, K_V value steps, policy update, report; nothing is hidden in it, and a loop
/// of your own is a copy of these lines. Observers are called after every iteration, in order, as observer(report) or
/// observer(report, agent), and return nothing or a Signal.
/// Reports of iterations that `options.measure_every` leaves out hold "not a number" where only they need a measure.
/// Schedules follow the share of `options.steps` that is done, through Context::set_progress.
/// With `options.overlap_threads` the last value steps of an iteration wait, and run beside the collection of the next
/// batch, which wants the policy alone: results are the same to the bit. So observers are called when that batch is
/// there: each says of which iterations it reads the source, in a member reads_source(iteration), and in those nothing
/// waits (ReadsSource says it for another observer). Where one asks to stop, what is collected is learned from first.
/// An exception of the source comes once the value steps have ended, before observers hear of that iteration.
/// `progress` goes on from what it holds, so a loaded checkpoint continues. After its first iteration the loop
/// allocates nothing (observers may); where value steps wait, after the first that do and the first that do not. Where
/// numbers diverge training ends, with all of `agent` as it was before the iteration and progress.divergence saying
/// what was not finite first. It ends too where every episode broke the simulation.
/// A value function that follows policies is told which one drew the batch.
/// The source and the observers take the discount from the agent's advantage. An observer with a member begin(agent)
/// is asked before the first iteration.
/// Throws: std::invalid_argument for impossible options, parts that do not fit, a gamma that was said twice and
/// differently, or overlap where it cannot be: value steps that are the policy's own or by an update without
/// draws(samples), ranks, an observer that does not say what it reads.
template <class Source, class A, class... Observers>
StopReason train(Source& source, A& agent, Context& context, const TrainOptions& options, TrainingProgress& progress,
                 Observers&&... observers) {
  using S = typename A::Scalar;
  using P = decltype(agent.policy);
  using V = std::remove_reference_t<decltype(value_function(agent.policy, agent.value))>;
  static_assert(Parameterised<P> && Actor<P>, "train: expected a policy that is Parameterised and an Actor.");
  static_assert(RolloutSource<Source, P>,
                "train: expected a RolloutSource, one with collect(policy, context, batch), such as a Collector.");
  static_assert(
      AdvantageEstimator<decltype(agent.advantage), V, S>,
      "train: expected an AdvantageEstimator, called as advantage(batch, value, context, estimate), that takes "
      "this value function.");
  static_assert(
      ValueUpdate<decltype(agent.value_update), V, S>,
      "train: expected a ValueUpdate, called as update(value, inputs, targets, context), that takes this value "
      "function and gives a ValueReport.");
  static_assert(PolicyUpdate<decltype(agent.policy_update), P>,
                "train: expected a PolicyUpdate, called as update(policy, batch, estimate, context) or with the policy "
                "that drew the batch as a last argument, that takes this policy and gives a PolicyReport.");
  static_assert((Observer<std::remove_reference_t<Observers>, A> && ...),
                "train: an observer is called as observer(report, agent) or observer(report) and gives nothing or a "
                "Signal.");
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  };
  validate(options);
  const bool overlaps = options.overlap_threads > 0;
  if (overlaps) detail::require_overlap<A, V, std::remove_reference_t<Observers>...>(context);
  const detail::KeepMeasures keep(context);
  Batch<S> batch, next;
  AdvantageEstimate<S> estimate;
  UpdateStage update(std::max<Index>(1, options.overlap_threads));
  ThreadPool sides(overlaps ? 2 : 1);
  // all of the agent, so that what it remembers goes back with its parameters
  A last = agent;
  auto& critic = value_function(agent.policy, agent.value);
  progress.divergence.reset();
  progress.recent_returns.reserve(TrainingProgress::kRecent);
  if constexpr (requires { source.set_gamma(0.0); }) {
    if (const auto gamma = discount_of(agent.advantage)) source.set_gamma(*gamma);
  }
  (detail::begin(observers, agent), ...);

  const auto collect = [&](Batch<S>& into) {
    const auto start = Clock::now();
    context.set_progress(progress.share_of(options.steps));
    context.set_measures(progress.iterations % options.measure_every == 0);
    source.collect(agent.policy, context, into);
    progress.collect_seconds += seconds(start, Clock::now());
  };
  bool is_collected = false;  // whether `next` holds the batch of the coming iteration
  std::optional<StopReason> ending;

  while (progress.env_steps < options.steps) {
    const auto start = Clock::now();
    if (is_collected) {
      std::swap(batch, next);
    } else {
      collect(batch);
    }
    if constexpr (FollowsPolicy<V, P>) critic.follow(agent.policy);
    require((!std::is_same_v<V, P>) || batch.critic_observations.rows() == 0, "train",
            "a value function of its own for what only the critic sees", "one that is the policy");
    const bool value_only = progress.iterations < options.value_only_iterations;
    // the last value steps wait for the next collection, unless there is none, or somebody wants to see the source
    const bool waits = overlaps && !ending && progress.env_steps + batch.size() < options.steps &&
                       !detail::reads_source(progress.iterations + 1, observers...);
    UpdateReports reports;
    const auto make_value_steps = [&] {
      update.value_steps(agent, critic, batch, estimate, reports);
      progress.value_seconds += reports.value_seconds;
    };
    Index epochs = 0;
    for (Index round = 0; round < options.rounds && !reports.policy.stopped; ++round) {
      if (round > 0 && waits) make_value_steps();
      const auto round_start = Clock::now();
      agent.advantage(batch, critic, context, estimate);
      progress.value_seconds += seconds(round_start, Clock::now());
      reports = waits ? update.policy_first(agent, last.policy, batch, estimate, context, value_only)
                      : update(agent, critic, last.policy, batch, estimate, context, value_only);
      epochs += reports.policy.epochs;
      progress.value_seconds += reports.value_seconds;
      progress.policy_seconds += reports.policy_seconds;
    }
    reports.policy.epochs = epochs;
    progress.count_iteration(batch.size(), batch.episodes);
    // a policy that diverged collects no more
    is_collected = waits && detail::finite_parameters(agent.policy);
    if (is_collected) {
      sides.run(2, [&](Index side, Index) {
        if (side == 0) {
          collect(next);
        } else {
          make_value_steps();
        }
      });
    } else if (waits) {
      make_value_steps();
    }
    progress.wall_seconds += seconds(start, Clock::now());

    if (!detail::finite_parameters(agent.policy) || !detail::finite_parameters(agent.value)) {
      progress.divergence =
          find_divergence(agent, batch, estimate, reports.value.gradient_norm, reports.policy.gradient_norm);
      detail::restore(agent, last);
      if (!options.divergence_file.empty()) save_batch(options.divergence_file, batch, estimate);
      return StopReason::diverged;
    }
    detail::restore(last, agent);
    const IterationReport report =
        report_iteration(progress, options.steps, batch.episodes, reports.value, reports.policy);
    const Signal signal = detail::notify_all(report, agent, observers...);
    if (!ending && progress.only_faults(progress.env_steps >= options.steps)) ending = StopReason::faulted;
    if (!ending && signal == Signal::stop) ending = StopReason::observer;
    // a batch that is there already is learned from, so that the source is never ahead of the agent
    if (ending && !is_collected) return *ending;
  }
  return StopReason::finished;
}

}  // namespace vantage

#endif
