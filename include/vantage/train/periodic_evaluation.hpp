// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PERIODIC_EVALUATION_HPP
#define VANTAGE_TRAIN_PERIODIC_EVALUATION_HPP

#include <cstdint>
#include <optional>
#include <stdexcept>

#include "vantage/core/concepts.hpp"
#include "vantage/core/context.hpp"
#include "vantage/core/discount.hpp"
#include "vantage/core/error.hpp"
#include "vantage/env/fit.hpp"
#include "vantage/rollout/evaluate.hpp"
#include "vantage/train/report.hpp"

namespace vantage {

/// Observer that plays whole episodes with the policy itself, in worlds of its own, every n iterations, and keeps a
/// copy of the best with its normaliser: what training's own returns do not show where exploration or perturbation is
/// part of them. Each time the episodes draw from new random streams.
template <Environment E, class P>
class PeriodicEvaluation {
 public:
  /// `normalizer` may be null: raw observations; else it is that of training, which outlives this.
  /// Throws: std::invalid_argument unless n >= 1.
  PeriodicEvaluation(std::int64_t n, const E& prototype, const Normalizer* normalizer, Context& context,
                     const EvaluationOptions& options = {})
      : n_(n), prototype_(prototype), normalizer_(normalizer), context_(context), options_(options) {
    require(n >= 1, "PeriodicEvaluation", "n >= 1", n);
  }

  /// In worlds as those of `source`, such as a Collector or a PopulationEvaluator, which outlives this: with its action
  /// map, time limit and normaliser, where the options do not say otherwise. Throws: as above.
  template <WorldSource Source>
  PeriodicEvaluation(std::int64_t n, const Source& source, Context& context, const EvaluationOptions& options = {})
      : PeriodicEvaluation(n, source.prototype(), source.observation_normalizer(), context, options) {
    if (!options_.action_map) options_.action_map = source.action_map();
    if (options_.max_episode_steps < 0) options_.max_episode_steps = source.time_limit();
    if constexpr (requires { source.fault_penalty(); }) {
      if (!options_.fault_penalty) options_.fault_penalty = source.fault_penalty();
    }
  }

  /// Called by train before its first iteration.
  /// Throws: std::invalid_argument for a policy of other sizes than the task's, or another gamma than the agent's
  /// advantage has.
  template <class A>
  void begin(const A& agent) const {
    require_fit("PeriodicEvaluation", agent.policy, prototype_.spec());
    if (const auto gamma = gamma_of(agent); gamma && options_.gamma && *gamma != *options_.gamma) {
      throw std::invalid_argument(detail::join("PeriodicEvaluation: expected the gamma of the agent's advantage, ",
                                               *gamma, ", or none in its options, got ", *options_.gamma));
    }
  }

  /// Where it evaluates, if training's normaliser is what it looks through.
  [[nodiscard]] bool reads_source(std::int64_t iteration) const {
    return normalizer_ != nullptr && iteration % n_ == 0;
  }

  /// Whether this iteration was one of those.
  template <class A>
  bool evaluate_if_due(const IterationReport& report, const A& agent) {
    if (report.iteration % n_ != 0) return false;
    EvaluationOptions options = options_;
    options.seed = Rng::derive_seed(options_.seed, StreamPurpose::periodic_evaluation,
                                    static_cast<std::uint64_t>(report.iteration));
    if (!options.gamma) options.gamma = gamma_of(agent);
    last_ = evaluate(prototype_, agent.policy, normalizer_, context_, options);
    if (const EvaluationScore now = score(last_); now.is_better_than(best_)) {
      best_ = now;
      best_iteration_ = report.iteration;
      best_policy_ = agent.policy;
      if (normalizer_ != nullptr) best_normalizer_ = *normalizer_;
    }
    return true;
  }

  /// Evaluates the policy where an iteration is due.
  template <class A>
  void operator()(const IterationReport& report, const A& agent) {
    evaluate_if_due(report, agent);
  }

  /// Of the last evaluation; empty before the first.
  [[nodiscard]] const Evaluation& last() const { return last_; }
  /// Not a number before the first evaluation.
  [[nodiscard]] double last_return() const { return mean(last_.returns); }
  /// Minus infinity before the first evaluation.
  [[nodiscard]] double best_return() const { return best_.mean_return; }
  /// Of the best evaluation: one without faults is better than any with.
  [[nodiscard]] const EvaluationScore& best_score() const { return best_; }
  [[nodiscard]] std::int64_t best_iteration() const { return best_iteration_; }
  /// Empty before the first evaluation.
  [[nodiscard]] const std::optional<P>& best_policy() const { return best_policy_; }
  /// What the best policy saw observations through: training's own normaliser has moved on. Empty before the first
  /// evaluation, and where observations are raw.
  [[nodiscard]] const std::optional<Normalizer>& best_normalizer() const { return best_normalizer_; }

 private:
  // EPVF has no advantage
  template <class A>
  static std::optional<double> gamma_of(const A& agent) {
    if constexpr (requires { agent.advantage; }) return discount_of(agent.advantage);
    return {};
  }

  std::int64_t n_;
  E prototype_;
  const Normalizer* normalizer_;
  Context& context_;
  EvaluationOptions options_;
  Evaluation last_;
  EvaluationScore best_;
  std::int64_t best_iteration_ = 0;
  std::optional<P> best_policy_;
  std::optional<Normalizer> best_normalizer_;
};

}  // namespace vantage

#endif
