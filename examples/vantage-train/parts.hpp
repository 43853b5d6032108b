// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_PARTS_HPP
#define VANTAGE_TRAIN_PROGRAM_PARTS_HPP

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "any_update.hpp"
#include "any_value.hpp"
#include "run_folder.hpp"
#include "settings.hpp"
#include "vantage/core/context.hpp"
#include "vantage/env/action_map.hpp"
#include "vantage/env/spec.hpp"
#include "vantage/nn/encoder_text.hpp"
#include "vantage/policy/categorical_policy.hpp"
#include "vantage/policy/gaussian_policy.hpp"
#include "vantage/policy/policy_file.hpp"
#include "vantage/rollout/demonstrations.hpp"
#include "vantage/rollout/load_moments.hpp"
#include "vantage/value/value_network.hpp"

// from settings to the options of the parts that algorithms share

/// Position of an enumerator in the list of its names.
template <class Enum>
std::size_t index_of(Enum value) {
  return static_cast<std::size_t>(value);
}

/// Position of a name that the command line has checked already.
template <class Enum, std::size_t N>
Enum named(const std::array<std::string_view, N>& names, const std::string& name) {
  return static_cast<Enum>(std::find(names.begin(), names.end(), name) - names.begin());
}

inline constexpr std::array<std::string_view, 2> kValueTargets{"advantage_plus_value", "monte_carlo"};
inline constexpr std::array<std::string_view, 2> kCutBootstraps{"successor", "last_state"};
/// The rules of ValueStepRule, in its order; "fixed" is none of them.
inline constexpr std::array<std::string_view, 2> kValueStepRules{"held_out", "bound"};
inline constexpr std::array<std::string_view, 3> kValueLosses{"squared", "huber", "clipped"};
inline constexpr std::array<std::string_view, 4> kBaselines{"none", "average", "leave_one_out", "value"};
inline constexpr std::array<std::string_view, 2> kAdaptEvery{"epoch", "minibatch"};
inline constexpr std::array<std::string_view, 3> kAdvantageNormalizations{"none", "batch", "minibatch"};
inline constexpr std::array<std::string_view, 3> kOnViolation{"observe", "stop", "revert"};

/// Share of the learning rate that an exponential schedule has left at the end.
inline constexpr double kFinalShare = 0.01;

/// Times that the advantages of a batch are computed.
inline vantage::Index rounds(const Settings& settings) { return settings.recompute_advantages ? settings.epochs : 1; }

inline vantage::Index epochs_a_round(const Settings& settings) { return settings.epochs / rounds(settings); }

/// A number that goes from one value to another in a straight line over the run.
inline vantage::Schedule over_run(double start, double end) {
  return start == end ? vantage::Schedule(start) : vantage::Schedule::linear(start, end);
}

/// A learning rate over the run.
inline vantage::Schedule schedule(const Settings& settings, double start) {
  if (settings.learning_rate_schedule == "linear") return vantage::Schedule::linear(start, 0);
  if (settings.learning_rate_schedule == "exponential") return vantage::Schedule::geometric(start, kFinalShare * start);
  return start;
}

inline vantage::OptimizerOptions optimizer_options(const Settings& settings, double start) {
  const vantage::Schedule rate = schedule(settings, start);
  if (settings.optimizer == "rmsprop") {
    return vantage::RmsPropOptions{.learning_rate = rate, .epsilon = settings.optimizer_epsilon};
  }
  if (settings.optimizer == "sgd") return vantage::SgdOptions{.learning_rate = rate, .momentum = settings.momentum};
  return vantage::AdamOptions{.learning_rate = rate, .epsilon = settings.optimizer_epsilon};
}

inline vantage::OptimizerOptions policy_optimizer(const Settings& settings) {
  return optimizer_options(settings, settings.policy_learning_rate.value_or(settings.learning_rate));
}

inline vantage::Schedule entropy_coefficient(const Settings& settings) {
  return over_run(settings.entropy_coefficient,
                  settings.entropy_coefficient_end.value_or(settings.entropy_coefficient));
}

inline vantage::AdaptiveRateOptions adaptive_rate(const Settings& settings) {
  return {.target_kl = settings.adaptive_kl,
          .min_rate = settings.min_learning_rate,
          .max_rate = settings.max_learning_rate,
          .every = named<vantage::AdaptEvery>(kAdaptEvery, settings.adaptive_kl_per)};
}

/// Widths of hidden layers: 0 on the command line stands for none.
inline std::vector<vantage::Index> widths(std::vector<vantage::Index> hidden) {
  if (hidden == std::vector<vantage::Index>{0}) hidden.clear();
  return hidden;
}

/// The policy to begin with: of the file that the settings name, or as made anew.
template <class P>
P warm_or(const Settings& settings, P made) {
  if (!starts_warm(settings)) return made;
  return vantage::load_policy<float>(settings.policy).policy.visit([&](const auto& policy) -> P {
    if constexpr (std::is_same_v<std::decay_t<decltype(policy)>, P>) {
      return policy;
    } else {
      throw std::invalid_argument("--policy: expected a policy over the kind of actions that the task has");
    }
  });
}

inline vantage::NormalizerOptions normalizer_options(const Settings& settings) {
  vantage::NormalizerOptions options{.except = settings.normalize_except};
  if (settings.freeze_normalizer_after) options.freeze_after = *settings.freeze_normalizer_after;
  return options;
}

/// What the run begins with: the normaliser of a policy, given moments, or those of what was shown. None: nothing.
inline std::optional<vantage::Normalizer> first_normalizer(const Settings& settings) {
  if (!settings.normalize_observations) return {};
  if (starts_warm(settings)) return vantage::load_policy<float>(settings.policy).normalizer;
  if (is_given_moments(settings)) {
    return vantage::Normalizer(vantage::load_moments(settings.normalizer), normalizer_options(settings));
  }
  if (!clones(settings)) return {};
  return vantage::normalizer_of(vantage::load_demonstrations(settings.demonstrations), normalizer_options(settings));
}

/// Parts of an encoder; "none" on the command line stands for none.
inline std::vector<vantage::EncoderPart> encoder_of(const std::string& option) {
  return option == "none" ? std::vector<vantage::EncoderPart>{} : vantage::encoder_parts(option);
}

/// "same" on the command line is the policy's, unless a critic sees something else than it does.
inline std::string value_encoder(const Settings& settings, const vantage::EnvironmentSpec& spec) {
  if (settings.value_encoder != "same") return settings.value_encoder;
  return spec.value_input_size() == spec.observation_size ? settings.encoder : "none";
}

inline vantage::GaussianPolicy<float> make_gaussian(const Settings& settings, const vantage::EnvironmentSpec& spec,
                                                    vantage::Context& context) {
  vantage::GaussianPolicyOptions options;
  options.hidden = widths(settings.hidden);
  options.activation = named<vantage::Activation>(vantage::kActivationNames, settings.activation);
  options.layer_norm = settings.layer_norm;
  options.encoder = encoder_of(settings.encoder);
  options.log_std = settings.log_std.value_or(options.log_std);
  options.state_dependent_std = settings.state_dependent_std;
  return warm_or(settings, vantage::GaussianPolicy<float>(spec, options, context.rng()));
}

inline vantage::CategoricalPolicy<float> make_categorical(const Settings& settings,
                                                          const vantage::EnvironmentSpec& spec,
                                                          vantage::Context& context) {
  vantage::CategoricalPolicyOptions options;
  options.hidden = widths(settings.hidden);
  options.activation = named<vantage::Activation>(vantage::kActivationNames, settings.activation);
  options.layer_norm = settings.layer_norm;
  options.encoder = encoder_of(settings.encoder);
  return warm_or(settings, vantage::CategoricalPolicy<float>(spec, options, context.rng()));
}

inline vantage::ValueNetworkOptions value_network_options(const Settings& settings) {
  return {.hidden = settings.value_hidden.empty() ? widths(settings.hidden) : settings.value_hidden,
          .activation = named<vantage::Activation>(vantage::kActivationNames, settings.activation),
          .layer_norm = settings.layer_norm};
}

inline AnyValue make_value(const Settings& settings, const vantage::EnvironmentSpec& spec, vantage::Context& context) {
  vantage::ValueNetworkOptions options = value_network_options(settings);
  options.encoder = encoder_of(value_encoder(settings, spec));
  vantage::ValueNetwork<float> value(spec, options, context.rng());
  // a value that never learns is 0 everywhere
  if (settings.value_steps == 0) value.parameters().setZero();
  if (!settings.normalize_values) return AnyValue(std::move(value));
  return AnyValue(AnyValue::Normalized(std::move(value), {.decay = settings.value_moments_decay}));
}

inline AnyAdvantage make_advantage(const Settings& settings) {
  if (settings.advantage == "reward_to_go") {
    return {vantage::RewardToGo{.gamma = settings.gamma,
                                .baseline = named<vantage::Baseline>(kBaselines, settings.baseline),
                                .discount_weights = settings.discount_weights}};
  }
  return {vantage::Gae{.gamma = settings.gamma,
                       .lambda = settings.lambda,
                       .value_targets = named<vantage::ValueTargets>(kValueTargets, settings.value_targets),
                       .cut_bootstrap = named<vantage::CutBootstrap>(kCutBootstraps, settings.cut_bootstrap)}};
}

inline vantage::AdvantageNormalization advantage_normalization(const Settings& settings) {
  return named<vantage::AdvantageNormalization>(kAdvantageNormalizations, settings.advantage_normalization);
}

inline vantage::ValueLossOptions value_loss(const Settings& settings) {
  return {.kind = named<vantage::ValueLoss>(kValueLosses, settings.value_loss),
          .huber_delta = settings.huber_delta,
          .clip_range = settings.value_clip_range};
}

/// Whether training measures this beside learning.
inline bool diagnoses(const Settings& settings, std::string_view what) {
  return settings.diagnose.find(what) != std::string::npos;
}

/// A tenth of the environments, or where there is one of its steps.
inline vantage::HeldOutOptions held_out(const Settings& settings) {
  return {.share = 0.1, .environments = settings.environments > 1 ? settings.environments : 0};
}

inline vantage::ValueRegressionOptions value_regression_options(const Settings& settings) {
  return {.steps = settings.value_steps / rounds(settings),
          .optimizer = optimizer_options(settings, settings.value_learning_rate.value_or(settings.learning_rate)),
          .minibatch = settings.minibatch,
          .max_gradient_norm = settings.max_gradient_norm,
          .loss = value_loss(settings)};
}

inline AnyValueUpdate make_value_update(const Settings& settings) {
  const vantage::ValueRegressionOptions regression = value_regression_options(settings);
  if (settings.value_step_rule != "fixed") {
    return AnyValueUpdate(AnyRegression(vantage::AdaptiveValueRegression<float>(
        regression,
        {.rule = named<vantage::ValueStepRule>(kValueStepRules, settings.value_step_rule),
         .min_steps = settings.min_value_steps,
         .held_out = held_out(settings),
         .bound = {settings.hoelder_exponent, settings.target_change, settings.value_change},
         .policy_rate = schedule(settings, settings.policy_learning_rate.value_or(settings.learning_rate))})));
  }
  AnyRegression update{vantage::ValueRegression<float>(regression)};
  if (diagnoses(settings, "values")) update.hold_out(held_out(settings));
  return AnyValueUpdate(std::move(update));
}

inline vantage::TrustRegionOptions trust_region(const Settings& settings) {
  vantage::TrustRegionOptions options;
  if (settings.max_kl > 0) options.max_mean_kl = settings.max_kl;
  if (settings.max_state_kl > 0) options.max_state_kl = settings.max_state_kl;
  options.min_ratio = settings.min_ratio;
  if (settings.max_ratio > 0) options.max_ratio = settings.max_ratio;
  options.max_clip_fraction = settings.max_clip_fraction;
  options.on_violation = named<vantage::OnViolation>(kOnViolation, settings.on_violation);
  return options;
}

#endif
