// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_POLICY_CONDITIONED_HPP
#define VANTAGE_TRAIN_PROGRAM_POLICY_CONDITIONED_HPP

#include <utility>

#include "agent.hpp"
#include "any_representation.hpp"
#include "cloning.hpp"
#include "run.hpp"
#include "vantage/epvf/history_regression.hpp"
#include "vantage/epvf/policy_extended_value.hpp"

template <class P>
AnyRepresentation make_representation(const Settings& settings, const P& policy) {
  if (settings.representation == "probing") {
    return AnyRepresentation(
        vantage::probe_outputs(policy, {.count = settings.probing_states, .initial = vantage::InitialStates::normal}));
  }
  return AnyRepresentation(vantage::UniversalFunctional<float>(
      vantage::parameter_space_of(policy),
      {.layers = settings.functional_layers, .channels = settings.functional_channels, .input_scale = 10}));
}

/// Trains with a network for the policy and one for the value of states and policy, which also learns of earlier
/// policies of the run.
template <class P>
int train_policy_conditioned(const Settings& settings, const AnyEnvironment& task, vantage::Context& context,
                             P policy) {
  using namespace vantage;
  clone_shown(settings, task, context, policy);
  auto update = make_update<P>(settings);
  update.measure_noise(diagnoses(settings, "gradients"));
  PolicyExtendedValue<float, AnyRepresentation> value(policy, make_representation(settings, policy),
                                                      value_network_options(settings), context.rng());
  Agent agent{std::move(policy), std::move(value), make_advantage(settings),
              HistoryRegression<float>(value_regression_options(settings),
                                       {.policies = settings.old_policies, .samples = settings.old_samples}),
              std::move(update)};
  return run(settings, task, context, agent);
}

#endif
