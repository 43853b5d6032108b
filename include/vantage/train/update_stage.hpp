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
/// both work in minibatches, each too small to be shared by threads, they run side by side on two threads: with the
/// same result to the bit.
class UpdateStage {
 public:
  /// `drawn_by` is the policy that drew the batch. Updates that want it take it as an additional pointer.
  template <class A, class V, class S>
  UpdateReports operator()(A& agent, V& value, const typename A::Policy& drawn_by, const Batch<S>& batch,
                           const AdvantageEstimate<S>& estimate, Context& context, bool value_only = false) {
    UpdateReports reports;
    Context* contexts[] = {&context, &context};
    const auto update = [&](Index index, Index) {
      if (index == 0) {
        const Timer timer(reports.value_seconds);
        // what the advantages have asked of the value function need not be asked again
        const bool asked = estimate.values.size() == batch.size() && estimate.values.allFinite();
        const Vector<S>* const known = asked ? &estimate.values : nullptr;
        const auto& inputs = batch.value_inputs();
        const auto& targets = estimate.value_targets;
        if constexpr (requires { agent.value_update(value, inputs, targets, context, known); }) {
          reports.value = agent.value_update(value, inputs, targets, *contexts[0], known);
        } else {
          reports.value = agent.value_update(value, inputs, targets, *contexts[0]);
        }
        return;
      }
      const Timer timer(reports.policy_seconds);
      if constexpr (requires { agent.policy_update(agent.policy, batch, estimate, context, &drawn_by); }) {
        reports.policy = agent.policy_update(agent.policy, batch, estimate, *contexts[1], &drawn_by);
      } else {
        reports.policy = agent.policy_update(agent.policy, batch, estimate, *contexts[1]);
      }
    };

    // a value function that is the policy learns first
    constexpr bool kShared = std::is_same_v<V, typename A::Policy>;
    const bool side_by_side = !kShared && !value_only && context.pool().size() > 1 &&
                              uses_minibatches(agent.value_update, batch.size()) &&
                              uses_minibatches(agent.policy_update, batch.size());
    if (!side_by_side) {
      for (Index index = 0; index < (value_only ? 1 : 2); ++index) update(index, 0);
      return reports;
    }
    // each update starts its own stream from one number of the context's, as they would one after the other
    contexts[0] = &value_context_;
    contexts[1] = &policy_context_;
    for (Context* one : contexts) {
      one->set_progress(context.progress());
      one->set_measures(context.measures());
      one->rng() = context.rng();
      context.rng()();
    }
    context.pool().run(2, update);
    return reports;
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

  template <class U>
  static bool uses_minibatches(const U& update, Index samples) {
    if constexpr (requires { update.uses_minibatches(samples); }) {
      return update.uses_minibatches(samples);
    } else {
      return false;
    }
  }

  Context value_context_;  // of one thread each
  Context policy_context_;
};

}  // namespace vantage

#endif
