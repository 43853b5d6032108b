// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_SEPARATE_HPP
#define VANTAGE_TRAIN_PROGRAM_SEPARATE_HPP

#include "any_update.hpp"
#include "parts.hpp"
#include "run.hpp"

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

/// Trains with a network for the policy and one for the value.
template <class P>
int train_separate(const Settings& settings, const AnyEnvironment& task, vantage::Context& context, P policy) {
  vantage::Agent agent{std::move(policy), make_value(settings, task.spec(), context), make_advantage(settings),
                       make_value_regression(settings), make_update<P>(settings)};
  return run(settings, task, context, agent);
}

#endif
