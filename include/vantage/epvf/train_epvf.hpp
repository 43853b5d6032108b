// SPDX-License-Identifier: MIT
#ifndef VANTAGE_EPVF_TRAIN_EPVF_HPP
#define VANTAGE_EPVF_TRAIN_EPVF_HPP

#include <chrono>
#include <type_traits>

#include "vantage/epvf/archive_regression.hpp"
#include "vantage/epvf/centre_step.hpp"
#include "vantage/epvf/centre_trial.hpp"
#include "vantage/epvf/epvf_agent.hpp"
#include "vantage/epvf/return_transform.hpp"
#include "vantage/rollout/population_evaluator.hpp"
#include "vantage/train/agent.hpp"
#include "vantage/train/notification.hpp"
#include "vantage/value/no_value.hpp"

namespace vantage {

/// Explicit policy-conditioned value functions: play M perturbed copies of the policy an episode each, store their
/// parameters and undiscounted returns, fit V(theta) to them by n_V steps, and climb it by n_pi steps of theta; or,
/// without V, step by what the population says itself.
/// Observers, `progress`, resuming and divergence are those of train. The loop allocates nothing (observers may) after
/// its first iteration, or where value steps are on all of an archive once that is full.
/// Throws: std::invalid_argument for wrong options, or parts whose sizes do not fit.
/// Source: Bohlinger and Peters 2025 (arXiv 2502.11949); Faccio et al. 2021 (arXiv 2006.09226), algorithm 1; Salimans
/// et al. 2017 (arXiv 1703.03864), algorithm 2; Mania, Guy and Recht 2018 (arXiv 1803.07055), algorithm 2.
template <class Source, class P, class V, class VU, class PU, class... Observers>
StopReason train_epvf(Source& source, EpvfAgent<P, V, VU, PU>& agent, Context& context, const EpvfOptions& options,
                      TrainingProgress& progress, Observers&&... observers) {
  using S = typename P::Scalar;
  constexpr bool kHasValue = !std::is_same_v<V, NoValue<S>>;
  static_assert(Parameterised<P> && PopulationPolicy<P>,
                "train_epvf: expected a policy that is Parameterised and a PopulationPolicy, such as a "
                "DeterministicPolicy.");
  static_assert(!kHasValue || (DifferentiableValue<V> && InputDifferentiable<V, S>),
                "train_epvf: expected a value that is a DifferentiableValue and InputDifferentiable, such as a "
                "PolicyConditionedValue, or NoValue.");
  static_assert(
      CentreUpdate<PU, P, V>,
      "train_epvf: expected a policy update that climbs this value, such as PolicyAscent, or that learns from "
      "a population, such as EvolutionStrategies.");
  static_assert(
      PopulationSource<Source, P>,
      "train_epvf: expected a PopulationSource, called as source(policy, thetas, context, episodes), such as a "
      "PopulationEvaluator.");
  static_assert(
      (Observer<std::remove_reference_t<Observers>, EpvfAgent<P, V, VU, PU>> && ...),
      "train_epvf: an observer is called as observer(report, agent) or observer(report) and gives nothing or a "
      "Signal.");
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  };
  require(agent.archive.parameter_size() == agent.policy.parameters().size(), "train_epvf",
          "an archive of as many parameters as the policy has", agent.archive.parameter_size());
  if constexpr (kHasValue) {
    require(agent.value_update.options().minibatch > 0 || !agent.archive.options().half_precision, "train_epvf",
            "value steps on minibatches from an archive in half precision", "steps on all of it");
    require_inputs("train_epvf", agent.value, agent.policy.parameters().size());
  }
  validate(options);
  (detail::begin(observers, agent), ...);
  EpisodeStatistics episodes;
  Vector<double> returns(agent.archive.options().population), archive_returns(agent.archive.capacity());
  ReturnTransform transform(options.return_transform);
  transform.reserve(agent.archive.capacity());
  ArchiveRegression<S> regression;
  CentreTrial<P, PU> trial(options.centre_trial, options.survival_bonus);
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
        returns[i] = episodes.return_without(options.survival_bonus, i);
        steps += episodes.lengths[static_cast<std::size_t>(i)];
      }
      return returns;
    });
    const auto played = Clock::now();

    ValueReport value;
    if constexpr (kHasValue) {
      ForesightReport foresight;
      transform.fit(agent.archive.returns());
      if (options.measure_foresight) {
        agent.foresight.look(agent.value, agent.archive, transform, context, foresight);
      }
      if (options.standardize_returns) {
        auto kept = archive_returns.head(agent.archive.size());
        kept = agent.archive.returns().template cast<double>();
        transform.apply(kept);
        agent.value.standardize(kept);
      }
      value = regression(agent.value, agent.archive, transform, agent.value_update, context);
      if (options.measure_foresight) {
        agent.foresight.compare_slopes(agent.value, agent.policy.parameters(), agent.perturbation, agent.archive,
                                       transform, context, foresight);
        agent.foresight.fit(agent.archive, regression.most_policies(agent.archive, agent.value_update.options()),
                            transform, context);
      }
      value.foresight = foresight;
    }
    const auto learned = Clock::now();
    trial.begin(source, agent.policy, agent.policy_update, agent.archive.returns(), context);
    PolicyReport policy = step_centre(agent, last_policy, context, options, [&] {
      return trial.proceed(source, agent.policy, agent.policy_update, context);
    });
    trial.end(agent.policy, agent.policy_update, policy);
    if constexpr (kHasValue) policy.ascent.predicted_return = transform.inverse(policy.ascent.predicted_return);
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
