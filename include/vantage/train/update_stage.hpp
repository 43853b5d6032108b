// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_UPDATE_STAGE_HPP
#define VANTAGE_TRAIN_UPDATE_STAGE_HPP

#include <chrono>
#include <type_traits>

#include "vantage/advantage/advantage_estimate.hpp"
#include "vantage/core/context.hpp"
#include "vantage/rollout/batch.hpp"
#include "vantage/update/policy_report.hpp"
#include "vantage/value/value_report.hpp"

namespace vantage {

/// What the two updates of an iteration did, and how long each took, s.
struct UpdateReports {
  ValueReport value;          ///< of the value steps
  PolicyReport policy;        ///< of the policy update
  double value_seconds = 0;   ///< of the former
  double policy_seconds = 0;  ///< of the latter
};

/// The value update and then the policy update. They commute, since the advantages are there before either, so where
/// both work in minibatches, each too small to be shared by threads, they run side by side on two threads; and the
/// value update may come last, on threads of its own, while others use the context: with the same result to the bit.
class UpdateStage {
 public:
  /// Value steps that wait run on so many threads of their own. Throws: std::invalid_argument from ThreadPool.
  explicit UpdateStage(Index value_threads = 1) : value_context_({.threads = value_threads}) {}

  /// Whether the value steps of such an agent may wait: V is not the policy, and their update says by a member
  /// draws(samples) whether it takes a number of the context's stream.
  template <class A, class V>
  static constexpr bool can_wait = !std::is_same_v<V, typename A::Policy> && requires(const A& agent) {
    agent.value_update.draws(Index{1});
  };

  /// `drawn_by` is the policy that drew the batch. Updates that want it take it as an additional pointer.
  template <class A, class V, class S>
  UpdateReports operator()(A& agent, V& value, const typename A::Policy& drawn_by, const Batch<S>& batch,
                           const AdvantageEstimate<S>& estimate, Context& context, bool value_only = false) {
    UpdateReports reports;
    // a value function that is the policy learns first
    constexpr bool kShared = std::is_same_v<V, typename A::Policy>;
    const bool side_by_side = !kShared && !value_only && context.pool().size() > 1 &&
                              uses_minibatches(agent.value_update, batch.size()) &&
                              uses_minibatches(agent.policy_update, batch.size());
    if (!side_by_side) {
      learn_value(agent, value, batch, estimate, context, reports);
      if (!value_only) learn_policy(agent, drawn_by, batch, estimate, context, reports);
      return reports;
    }
    // each update starts its own stream from one number of the context's, as they would one after the other
    for (Context* own : {&value_context_, &policy_context_}) {
      follow(context, *own);
      context.rng()();
    }
    context.pool().run(2, [&](Index index, Index) {
      if (index == 0) {
        learn_value(agent, value, batch, estimate, value_context_, reports);
      } else {
        learn_policy(agent, drawn_by, batch, estimate, policy_context_, reports);
      }
    });
    return reports;
  }

  /// The policy update alone; the value steps wait for value_steps(), and what they would have drawn of the context's
  /// stream stays theirs. Pre: can_wait.
  template <class A, class S>
  UpdateReports policy_first(A& agent, const typename A::Policy& drawn_by, const Batch<S>& batch,
                             const AdvantageEstimate<S>& estimate, Context& context, bool value_only = false) {
    UpdateReports reports;
    follow(context, value_context_);
    if (draws(agent.value_update, batch.size())) context.rng()();
    if (!value_only) learn_policy(agent, drawn_by, batch, estimate, context, reports);
    return reports;
  }

  /// The value steps that wait, on this thread and those of the constructor; meanwhile others may use the context and
  /// read all of the agent but what learns here.
  template <class A, class V, class S>
  void value_steps(A& agent, V& value, const Batch<S>& batch, const AdvantageEstimate<S>& estimate,
                   UpdateReports& reports) {
    learn_value(agent, value, batch, estimate, value_context_, reports);
  }

 private:
  class Timer {
   public:
    explicit Timer(double& seconds) : seconds_(seconds) {}
    ~Timer() { seconds_ = std::chrono::duration<double>(Clock::now() - start_).count(); }

   private:
    using Clock = std::chrono::steady_clock;
    double& seconds_;
    Clock::time_point start_ = Clock::now();
  };

  static void follow(Context& context, Context& own) {
    own.set_progress(context.progress());
    own.set_measures(context.measures());
    own.rng() = context.rng();
  }

  template <class A, class V, class S>
  static void learn_value(A& agent, V& value, const Batch<S>& batch, const AdvantageEstimate<S>& estimate,
                          Context& context, UpdateReports& reports) {
    const Timer timer(reports.value_seconds);
    // what the advantages have asked of the value function need not be asked again
    const bool asked = estimate.values.size() == batch.size() && estimate.values.allFinite();
    const Vector<S>* const known = asked ? &estimate.values : nullptr;
    const auto& inputs = batch.value_inputs();
    const auto& targets = estimate.value_targets;
    if constexpr (requires { agent.value_update(value, inputs, targets, context, known); }) {
      reports.value = agent.value_update(value, inputs, targets, context, known);
    } else {
      reports.value = agent.value_update(value, inputs, targets, context);
    }
  }

  template <class A, class S>
  static void learn_policy(A& agent, const typename A::Policy& drawn_by, const Batch<S>& batch,
                           const AdvantageEstimate<S>& estimate, Context& context, UpdateReports& reports) {
    const Timer timer(reports.policy_seconds);
    if constexpr (requires { agent.policy_update(agent.policy, batch, estimate, context, &drawn_by); }) {
      reports.policy = agent.policy_update(agent.policy, batch, estimate, context, &drawn_by);
    } else {
      reports.policy = agent.policy_update(agent.policy, batch, estimate, context);
    }
  }

  template <class U>
  static bool draws(const U& update, Index samples) {
    if constexpr (requires { update.draws(samples); }) {
      return update.draws(samples);
    } else {
      return false;
    }
  }

  template <class U>
  static bool uses_minibatches(const U& update, Index samples) {
    if constexpr (requires { update.uses_minibatches(samples); }) {
      return update.uses_minibatches(samples);
    } else {
      return false;
    }
  }

  Context value_context_;
  Context policy_context_;  // of one thread
};

}  // namespace vantage

#endif
