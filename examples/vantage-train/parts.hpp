// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_PARTS_HPP
#define VANTAGE_TRAIN_PROGRAM_PARTS_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "settings.hpp"
#include "vantage/advantage/gae.hpp"
#include "vantage/core/context.hpp"
#include "vantage/env/action_map.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/update/trust_region.hpp"
#include "vantage/value/value_network.hpp"
#include "vantage/value/value_regression.hpp"

// from settings to the options of the parts that algorithms share

/// Position of a name that the command line has checked already.
template <class Enum, std::size_t N>
Enum named(const std::array<std::string_view, N>& names, const std::string& name) {
  return static_cast<Enum>(std::find(names.begin(), names.end(), name) - names.begin());
}

inline constexpr std::array<std::string_view, 2> kValueTargets{"advantage_plus_value", "monte_carlo"};
inline constexpr std::array<std::string_view, 3> kOnViolation{"observe", "stop", "revert"};

/// Share of the learning rate that an exponential schedule has left at the end.
inline constexpr double kFinalShare = 0.01;

inline std::int64_t iterations(const Settings& settings) {
  return std::max<std::int64_t>(1, (settings.steps + settings.batch - 1) / settings.batch);
}

inline vantage::AdamOptions adam_options(const Settings& settings, double rate, vantage::Index steps_an_iteration) {
  const auto steps =
      static_cast<vantage::Index>(iterations(settings)) * std::max<vantage::Index>(1, steps_an_iteration);
  if (settings.learning_rate_schedule == "linear") {
    return {.learning_rate = vantage::Schedule::linear(rate, 0, steps)};
  }
  if (settings.learning_rate_schedule == "exponential") {
    const double factor = std::pow(kFinalShare, 1 / static_cast<double>(steps));
    return {.learning_rate = vantage::Schedule::exponential(rate, factor)};
  }
  return {.learning_rate = rate};
}

inline vantage::GaussianPolicy<float> make_gaussian(const Settings& settings, const vantage::EnvironmentSpec& spec,
                                                    vantage::Context& context) {
  vantage::GaussianPolicyOptions options;
  options.hidden = settings.hidden;
  options.activation = named<vantage::Activation>(vantage::kActivationNames, settings.activation);
  options.log_std = settings.log_std.value_or(options.log_std);
  options.state_dependent_std = settings.state_dependent_std;
  return {spec.observation_size, spec.action_size(), options, context.rng()};
}

inline vantage::CategoricalPolicy<float> make_categorical(const Settings& settings,
                                                          const vantage::EnvironmentSpec& spec,
                                                          vantage::Context& context) {
  vantage::CategoricalPolicyOptions options;
  options.hidden = settings.hidden;
  options.activation = named<vantage::Activation>(vantage::kActivationNames, settings.activation);
  return {spec.observation_size, spec.discrete_actions, options, context.rng()};
}

/// Returns train(policy) for a new policy of the kind that the task's actions call for.
template <class Train>
int with_policy(const Settings& settings, const vantage::EnvironmentSpec& spec, vantage::Context& context,
                Train&& train) {
  return spec.is_discrete() ? train(make_categorical(settings, spec, context))
                            : train(make_gaussian(settings, spec, context));
}

inline vantage::ValueNetwork<float> make_value(const Settings& settings, const vantage::EnvironmentSpec& spec,
                                               vantage::Context& context) {
  vantage::ValueNetworkOptions options;
  options.hidden = settings.hidden;
  options.activation = named<vantage::Activation>(vantage::kActivationNames, settings.activation);
  return {spec.observation_size, options, context.rng()};
}

inline vantage::Gae make_gae(const Settings& settings) {
  return {.gamma = settings.gamma,
          .lambda = settings.lambda,
          .value_targets = named<vantage::ValueTargets>(kValueTargets, settings.value_targets)};
}

inline vantage::ValueRegression<float> make_value_regression(const Settings& settings) {
  return vantage::ValueRegression<float>(
      {.steps = settings.value_steps,
       .optimizer =
           adam_options(settings, settings.value_learning_rate.value_or(settings.learning_rate), settings.value_steps),
       .minibatch = settings.minibatch,
       .max_gradient_norm = settings.max_gradient_norm});
}

inline vantage::TrustRegionOptions trust_region(const Settings& settings) {
  vantage::TrustRegionOptions options;
  if (settings.max_kl > 0) options.max_mean_kl = settings.max_kl;
  options.on_violation = named<vantage::OnViolation>(kOnViolation, settings.on_violation);
  return options;
}

#endif
