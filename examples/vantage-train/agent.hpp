// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_AGENT_HPP
#define VANTAGE_TRAIN_PROGRAM_AGENT_HPP

#include <limits>
#include <optional>
#include <utility>

#include "any_environment.hpp"
#include "any_update.hpp"
#include "cloning.hpp"
#include "parts.hpp"
#include "vantage/rollout/collector.hpp"
#include "vantage/train/train.hpp"

// the whole of what learns by batches of steps, from settings

/// The policy update that the settings name.
template <class P>
AnyUpdate<P> make_update(const Settings& settings) {
  using namespace vantage;
  const OptimizerOptions optimizer = policy_optimizer(settings);
  const AdvantageNormalization normalization = advantage_normalization(settings);
  if (settings.update == "ppo") {
    return AnyUpdate<P>(
        Ppo<P>({.optimizer = optimizer,
                .epochs = epochs_a_round(settings),
                .minibatch = settings.policy_minibatch,
                .clip_range = over_run(settings.clip_range, settings.clip_range_end.value_or(settings.clip_range)),
                .max_gradient_norm = settings.max_gradient_norm,
                .advantage_normalization = normalization,
                .entropy_coefficient = entropy_coefficient(settings),
                .adaptive_rate = adaptive_rate(settings),
                .trust_region = trust_region(settings)}));
  }
  if (settings.update == "ppo-penalty") {
    return AnyUpdate<P>(PpoPenalty<P>({.optimizer = optimizer,
                                       .epochs = epochs_a_round(settings),
                                       .minibatch = settings.policy_minibatch,
                                       .target_kl = settings.penalty_kl,
                                       .initial_penalty = settings.initial_penalty,
                                       .max_gradient_norm = settings.max_gradient_norm,
                                       .advantage_normalization = normalization,
                                       .entropy_coefficient = entropy_coefficient(settings),
                                       .adaptive_rate = adaptive_rate(settings),
                                       .trust_region = trust_region(settings)}));
  }
  if (settings.update == "npg" || settings.update == "trpo") {
    return AnyUpdate<P>(NaturalGradient<P>({.max_kl = settings.kl_radius,
                                            .step_size = settings.step_size,
                                            .advantage_normalization = normalization,
                                            .cg_iterations = settings.cg_iterations,
                                            .damping = settings.damping,
                                            .fisher_fraction = settings.fisher_fraction,
                                            .backtracks = settings.update == "npg" ? 0 : settings.backtracks,
                                            .backtrack_factor = settings.backtrack_factor,
                                            .trust_region = trust_region(settings)}));
  }
  return AnyUpdate<P>(Vpg<P>({.optimizer = optimizer,
                              .epochs = epochs_a_round(settings),
                              .minibatch = settings.policy_minibatch,
                              .importance_weights = settings.importance_weights,
                              .max_gradient_norm = settings.max_gradient_norm,
                              .advantage_normalization = normalization,
                              .entropy_coefficient = entropy_coefficient(settings),
                              .adaptive_rate = adaptive_rate(settings),
                              .trust_region = trust_region(settings)}));
}

/// A network for the policy and one for the value, and what teaches them.
template <class P>
auto make_agent(const Settings& settings, const AnyEnvironment& task, vantage::Context& context, P policy) {
  auto update = make_update<P>(settings);
  update.measure_noise(diagnoses(settings, "gradients"));
  return vantage::Agent{std::move(policy), make_value(settings, task.spec(), context), make_advantage(settings),
                        make_value_update(settings), std::move(update)};
}

/// The worlds that the settings name, and what collects in them.
inline vantage::Collector<AnyEnvironment> make_source(const Settings& settings, const AnyEnvironment& task) {
  vantage::Collector<AnyEnvironment> source(
      vantage::VectorEnvironment<AnyEnvironment>(
          task, {.count = settings.environments,
                 .seed = settings.seed,
                 .action_map = named<vantage::ActionMap>(vantage::kActionMapNames, settings.action_map),
                 .fault_penalty = settings.fault_penalty}),
      {.steps = settings.batch / settings.environments,
       .normalize_observations = settings.normalize_observations,
       .normalizer = normalizer_options(settings),
       .scale_rewards = settings.scale_rewards,
       .shard_size = settings.shard_size,
       .reward_clip = settings.reward_clip > 0 ? settings.reward_clip : std::numeric_limits<double>::infinity()});
  if (const auto normalizer = first_normalizer(settings)) source.set_normalizer(*normalizer);
  return source;
}

#endif
