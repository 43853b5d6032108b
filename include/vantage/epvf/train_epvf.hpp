// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_TRAIN_EPVF_HPP
#define VANTAGE_EPVF_TRAIN_EPVF_HPP

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <utility>

#include "vantage/epvf/perturbation.hpp"
#include "vantage/epvf/policy_archive.hpp"
#include "vantage/epvf/policy_ascent.hpp"
#include "vantage/epvf/weight_clip.hpp"
#include "vantage/optim/schedule.hpp"
#include "vantage/rollout/population_evaluator.hpp"
#include "vantage/train/train.hpp"
#include "vantage/value/value_regression.hpp"

namespace vantage {

/// The parts of EPVF that learn together. Deduced from its members: `EpvfAgent agent{policy, value, archive,
/// perturbation, weight_clip, value_update, policy_update}`.
template <class P, class V>
struct EpvfAgent {
  using Scalar = typename P::Scalar;
  using Policy = P;

  P policy;  ///< the centre: never played in training, what is evaluated and saved
  V value;   ///< of a policy's parameters
  PolicyArchive<Scalar> archive;
  Perturbation<Scalar> perturbation;
  WeightClip weight_clip;
  ValueRegression<Scalar>
      value_update;  ///< its steps are n_V, its minibatch the policies a step, drawn from the archive
  PolicyAscent<Scalar> policy_update;

  template <class Archive>
  void serialize(Archive& state) {
    state("policy", policy);
    state("value", value);
    state("archive", archive);
    state("value_update", value_update);
    state("policy_update", policy_update);
  }
};

template <class P, class V>
EpvfAgent(P, V, PolicyArchive<typename P::Scalar>, Perturbation<typename P::Scalar>, WeightClip,
          ValueRegression<typename P::Scalar>, PolicyAscent<typename P::Scalar>) -> EpvfAgent<P, V>;

struct EpvfOptions {
  /// Environment steps in all, those before a resume included; rounded up to whole populations.
  std::int64_t steps = 1'000'000;
  double survival_bonus = 0;        ///< taken off the return for each step, before V learns it; reports keep it
  bool standardize_returns = true;  ///< V learns returns of mean 0 and deviation 1 over the archive
  /// Factor of the policy's learning rate, finite and >= 0, over the share of the steps that is done.
  Schedule policy_rate_factor = 1.0;
  /// Where the archive goes that training diverged on; empty: nowhere.
  std::filesystem::path divergence_file = {};
};

/// Throws: std::invalid_argument for a negative number of steps, a bonus that is not finite, or a factor that is at
/// some time negative or not finite.
inline void validate(const EpvfOptions& options) {
  require(options.steps >= 0, "EpvfOptions", "steps >= 0", options.steps);
  require(std::isfinite(options.survival_bonus), "EpvfOptions", "a finite survival_bonus", options.survival_bonus);
  options.policy_rate_factor.validate("EpvfOptions", "a finite policy_rate_factor >= 0");
}

namespace detail {

/// The value steps of one iteration: on the whole archive, or each on policies drawn from it.
template <class S>
class ArchiveRegression {
 public:
  template <class V>
  ValueReport operator()(V& value, PolicyArchive<S>& archive, ValueRegression<S>& update, Context& context) {
    const Index count = update.options().minibatch;
    if (count == 0) {
      returns_ = archive.returns();
      return update(value, archive.policies(), returns_, context);
    }
    ValueReport report;
    report.steps = update.options().steps;
    // errors on the newest policies, which V has not seen before the first step
    archive.newest(std::min(archive.options().population, count), policies_, returns_);
    update.measure(value, policies_, returns_, context, report.error_before, report.explained_variance);
    for (Index step = 0; step < report.steps; ++step) {
      archive.draw(count, context.rng(), drawn_, drawn_returns_);
      report.gradient_norm = update.step(value, drawn_, drawn_returns_, context);
    }
    double unused = 0;
    update.measure(value, policies_, returns_, context, report.error_after, unused);
    return report;
  }

 private:
  Matrix<S> policies_, drawn_;
  Vector<S> returns_, drawn_returns_;
};

}  // namespace detail

/// Explicit policy-conditioned value functions: play M perturbed copies of the policy an episode each, store their
/// parameters and undiscounted returns, fit V(theta) to them by n_V steps, and climb it by n_pi steps of theta.
/// Observers, `progress`, resuming and divergence are those of train. The loop allocates nothing (observers may) after
/// its first iteration, or where value steps are on all of an archive once that is full.
/// Throws: std::invalid_argument for wrong options, or parts whose sizes do not fit.
/// Source: Bohlinger and Peters 2025 (arXiv 2502.11949); Faccio et al. 2021 (arXiv 2006.09226), algorithm 1.
template <class Source, class P, class V, class... Observers>
StopReason train_epvf(Source& source, EpvfAgent<P, V>& agent, Context& context, const EpvfOptions& options,
                      TrainingProgress& progress, Observers&&... observers) {
  using S = typename P::Scalar;
  static_assert(Parameterised<P> && PopulationPolicy<P>,
                "train_epvf: expected a policy that is Parameterised and a PopulationPolicy, such as a "
                "DeterministicPolicy.");
  static_assert(DifferentiableValue<V> && InputDifferentiable<V, S>,
                "train_epvf: expected a value that is a DifferentiableValue and InputDifferentiable, such as a "
                "PolicyConditionedValue.");
  static_assert(
      PopulationSource<Source, P>,
      "train_epvf: expected a PopulationSource, called as source(policy, thetas, context, episodes), such as a "
      "PopulationEvaluator.");
  static_assert(
      (Observer<std::remove_reference_t<Observers>, EpvfAgent<P, V>> && ...),
      "train_epvf: an observer is called as observer(report, agent) or observer(report) and gives nothing or a "
      "Signal.");
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  };
  require(agent.archive.parameter_size() == agent.policy.parameters().size(), "train_epvf",
          "an archive of as many parameters as the policy has", agent.archive.parameter_size());
  require(agent.value_update.options().minibatch > 0 || !agent.archive.options().half_precision, "train_epvf",
          "value steps on minibatches from an archive in half precision", "steps on all of it");
  require_inputs("train_epvf", agent.value, agent.policy.parameters().size());
  validate(options);
  (detail::begin(observers, agent), ...);
  EpisodeStatistics episodes;
  Vector<double> returns(agent.archive.options().population), archive_returns(agent.archive.capacity());
  detail::ArchiveRegression<S> regression;
  validate(agent.weight_clip);
  if (agent.weight_clip.centre) clip_weights(agent.weight_clip, agent.policy.parameters());
  // what learns; the archive holds what was played, whatever was made of it
  auto last_policy = agent.policy;
  auto last_value = agent.value;
  auto last_value_update = agent.value_update;
  auto last_policy_update = agent.policy_update;
  progress.divergence.reset();
  progress.recent_returns.reserve(TrainingProgress::kRecent);

  while (progress.env_steps < options.steps) {
    // perturbed policies, made and played where the archive keeps them
    const auto start = Clock::now();
    context.set_progress(progress.share_of(options.steps));
    Index steps = 0;
    agent.archive.add_population([&](auto&& policies) -> const Vector<double>& {
      agent.perturbation(agent.policy.parameters(), agent.weight_clip, context, policies);
      source(agent.policy, policies, context, episodes);
      for (Index i = 0; i < returns.size(); ++i) {
        const Index length = episodes.lengths[static_cast<std::size_t>(i)];
        const double bonus = options.survival_bonus * static_cast<double>(length);
        returns[i] = episodes.returns[static_cast<std::size_t>(i)] - bonus;
        steps += length;
      }
      return returns;
    });
    const auto played = Clock::now();

    if (options.standardize_returns) {
      auto kept = archive_returns.head(agent.archive.size());
      kept = agent.archive.returns().template cast<double>();
      agent.value.standardize(kept);
    }
    const ValueReport value = regression(agent.value, agent.archive, agent.value_update, context);
    const auto learned = Clock::now();
    const PolicyReport policy = agent.policy_update(
        agent.policy, agent.value, agent.weight_clip, context,
        options.policy_rate_factor.at(context.progress(), "EpvfOptions", "a finite policy_rate_factor >= 0"));
    const auto climbed = Clock::now();

    progress.collect_seconds += seconds(start, played);
    progress.value_seconds += seconds(played, learned);
    progress.policy_seconds += seconds(learned, climbed);
    progress.count_iteration(steps, episodes);
    progress.wall_seconds += seconds(start, Clock::now());
    if (!detail::finite_parameters(agent.policy) || !detail::finite_parameters(agent.value)) {
      progress.divergence = detail::look_at_norm("value gradient", value.gradient_norm);
      if (!progress.divergence) progress.divergence = detail::look_at_parameters("value parameter", agent.value);
      if (!progress.divergence) progress.divergence = detail::look_at_norm("policy gradient", policy.gradient_norm);
      if (!progress.divergence) progress.divergence = detail::look_at_parameters("policy parameter", agent.policy);
      agent.policy = last_policy;
      agent.value = last_value;
      agent.value_update = last_value_update;
      agent.policy_update = last_policy_update;
      if (!options.divergence_file.empty()) agent.archive.save(options.divergence_file);
      return StopReason::diverged;
    }
    last_value = agent.value;
    last_policy = agent.policy;
    last_value_update = agent.value_update;
    last_policy_update = agent.policy_update;
    const IterationReport report = report_iteration(progress, options.steps, episodes, value, policy);
    const Signal signal = detail::notify_all(report, agent, observers...);
    if (progress.only_faults(progress.env_steps >= options.steps)) return StopReason::faulted;
    if (signal == Signal::stop) return StopReason::observer;
  }
  return StopReason::finished;
}

}  // namespace vantage

#endif
