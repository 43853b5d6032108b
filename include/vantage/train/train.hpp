// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_TRAIN_HPP
#define VANTAGE_TRAIN_TRAIN_HPP

#include <chrono>
#include <filesystem>
#include <type_traits>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/concepts.hpp"
#include "vantage/core/discount.hpp"
#include "vantage/train/divergence.hpp"
#include "vantage/train/report.hpp"
#include "vantage/train/update_stage.hpp"
#include "vantage/value/shared_value.hpp"

namespace vantage {

/// The parts that learn together. Deduced from its members: `Agent agent{policy, value, Gae{}, value_update,
/// policy_update}`.
template <class P, class V, class A, class VU, class PU>
struct Agent {
  using Scalar = typename P::Scalar;
  using Policy = P;

  P policy;          ///< what acts and learns
  V value;           ///< or SharedValue{}: the policy is its own value function
  A advantage;       ///< an AdvantageEstimator
  VU value_update;   ///< a ValueUpdate; its options hold K_V
  PU policy_update;  ///< a PolicyUpdate

  template <class Archive>
  void serialize(Archive& archive) {
    archive("policy", policy);
    archive("value", value);
    if constexpr (requires { advantage.serialize(archive); }) archive("advantage", advantage);
    archive("value_update", value_update);
    archive("policy_update", policy_update);
  }
};

/// Deduces all types from the parts.
template <class P, class V, class A, class VU, class PU>
Agent(P, V, A, VU, PU) -> Agent<P, V, A, VU, PU>;

/// What an observer may answer.
enum class Signal { proceed, stop };

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

template <class Observer, class A>
Signal notify(Observer& observer, const IterationReport& report, const A& agent) {
  const auto call = [&]() -> decltype(auto) {
    if constexpr (std::is_invocable_v<Observer&, const IterationReport&, const A&>) {
      return observer(report, agent);
    } else {
      return observer(report);
    }
  };
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    return Signal::proceed;
  } else {
    return call();
  }
}

// all of them, in order, also where one asks to stop
template <class A, class... Observers>
Signal notify_all([[maybe_unused]] const IterationReport& report, const A& agent, Observers&... observers) {
  Signal signal = Signal::proceed;
  ((signal = notify(observers, report, agent) == Signal::stop ? Signal::stop : signal), ...);
  return signal;
}

// an observer may have a look at the agent before the first iteration
template <class Observer, class A>
void begin([[maybe_unused]] Observer& observer, [[maybe_unused]] const A& agent) {
  if constexpr (requires { observer.begin(agent); }) observer.begin(agent);
}

// part by part, since a part may be a function of the user's that cannot be assigned, and then has nothing to restore
template <class P, class V, class A, class VU, class PU>
void restore(Agent<P, V, A, VU, PU>& to, const Agent<P, V, A, VU, PU>& from) {
  const auto assign = []<class Part>(Part& target, const Part& source) {
    if constexpr (std::is_copy_assignable_v<Part>) target = source;
  };
  assign(to.policy, from.policy);
  assign(to.value, from.value);
  assign(to.advantage, from.advantage);
  assign(to.value_update, from.value_update);
  assign(to.policy_update, from.policy_update);
}

template <class M>
bool finite_parameters(const M& model) {
  if constexpr (Parameterised<M>) {
    return model.parameters().allFinite();
  } else {
    return true;
  }
}

}  // namespace detail

/// The training loop: collect, advantages, K_V value steps, policy update, report; nothing is hidden in it, and a loop
/// of your own is a copy of these lines. Observers are called after every iteration, in order, as observer(report) or
/// observer(report, agent), and return nothing or a Signal.
/// Reports of iterations that `options.measure_every` leaves out hold "not a number" where only they need a measure.
/// Schedules follow the share of `options.steps` that is done, through Context::set_progress.
/// `progress` goes on from what it holds, so a loaded checkpoint continues. After its first iteration the loop
/// allocates nothing (observers may). Where numbers diverge training ends, with all of `agent` as it was before the
/// iteration and progress.divergence saying what was not finite first. It ends too where every episode broke the
/// simulation.
/// A value function that follows policies is told which one drew the batch.
/// The source and the observers take the discount from the agent's advantage. An observer with a member begin(agent)
/// is asked before the first iteration.
/// Throws: std::invalid_argument for impossible options, parts that do not fit, or a gamma that was said twice and
/// differently.
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
  const detail::KeepMeasures keep(context);
  Batch<S> batch;
  AdvantageEstimate<S> estimate;
  UpdateStage update;
  // all of the agent, so that what it remembers goes back with its parameters
  A last = agent;
  auto& critic = value_function(agent.policy, agent.value);
  progress.divergence.reset();
  progress.recent_returns.reserve(TrainingProgress::kRecent);
  if constexpr (requires { source.set_gamma(0.0); }) {
    if (const auto gamma = discount_of(agent.advantage)) source.set_gamma(*gamma);
  }
  (detail::begin(observers, agent), ...);

  while (progress.env_steps < options.steps) {
    const auto start = Clock::now();
    context.set_progress(progress.share_of(options.steps));
    context.set_measures(progress.iterations % options.measure_every == 0);
    source.collect(agent.policy, context, batch);
    if constexpr (FollowsPolicy<V, P>) critic.follow(agent.policy);
    progress.collect_seconds += seconds(start, Clock::now());
    require((!std::is_same_v<V, P>) || batch.critic_observations.rows() == 0, "train",
            "a value function of its own for what only the critic sees", "one that is the policy");
    ValueReport value;
    PolicyReport policy;
    for (Index round = 0; round < options.rounds && !policy.stopped; ++round) {
      const auto round_start = Clock::now();
      agent.advantage(batch, critic, context, estimate);
      progress.value_seconds += seconds(round_start, Clock::now());
      const bool value_only = progress.iterations < options.value_only_iterations;
      const UpdateReports reports = update(agent, critic, last.policy, batch, estimate, context, value_only);
      const Index epochs = policy.epochs + reports.policy.epochs;
      value = reports.value;
      policy = reports.policy;
      policy.epochs = epochs;
      progress.value_seconds += reports.value_seconds;
      progress.policy_seconds += reports.policy_seconds;
    }

    progress.count_iteration(batch.size(), batch.episodes);
    progress.wall_seconds += seconds(start, Clock::now());

    if (!detail::finite_parameters(agent.policy) || !detail::finite_parameters(agent.value)) {
      progress.divergence = find_divergence(agent, batch, estimate, value.gradient_norm, policy.gradient_norm);
      detail::restore(agent, last);
      if (!options.divergence_file.empty()) save_batch(options.divergence_file, batch, estimate);
      return StopReason::diverged;
    }
    detail::restore(last, agent);
    const IterationReport report = report_iteration(progress, options.steps, batch.episodes, value, policy);
    const Signal signal = detail::notify_all(report, agent, observers...);
    if (progress.only_faults(progress.env_steps >= options.steps)) return StopReason::faulted;
    if (signal == Signal::stop) return StopReason::observer;
  }
  return StopReason::finished;
}

}  // namespace vantage

#endif
