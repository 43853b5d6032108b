// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_EPVF_HPP
#define VANTAGE_TRAIN_PROGRAM_EPVF_HPP

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "parts.hpp"
#include "run.hpp"
#include "vantage/epvf/augmented_random_search.hpp"
#include "vantage/epvf/evolution_strategies.hpp"
#include "vantage/epvf/hand_over.hpp"
#include "vantage/epvf/policy_conditioned_value.hpp"
#include "vantage/epvf/probing_states.hpp"
#include "vantage/epvf/train_epvf.hpp"
#include "vantage/epvf/universal_functional.hpp"
#include "vantage/policy/deterministic_policy.hpp"

inline vantage::DeterministicPolicy<float> make_deterministic(const Settings& settings,
                                                              const vantage::EnvironmentSpec& spec,
                                                              vantage::Context& context) {
  const vantage::DeterministicPolicyOptions options{
      .hidden = widths(settings.hidden),
      .activation = named<vantage::Activation>(vantage::kActivationNames, settings.activation),
      .squash = named<vantage::Squash>(vantage::kSquashNames, settings.squash),
      .output_gain = settings.output_gain,
      .initialization = {.output_gain = settings.initial_gain}};
  return warm_or(settings, vantage::DeterministicPolicy<float>(spec, options, context.rng()));
}

inline vantage::PerturbationOptions perturbation(const Settings& settings) {
  return {.shape = named<vantage::NoiseShape>(vantage::kNoiseShapeNames, settings.noise),
          .scaling = named<vantage::NoiseScaling>(vantage::kNoiseScalingNames, settings.noise_scaling),
          .scale = settings.noise_scale,
          .floor = settings.noise_floor,
          .antithetic = settings.antithetic,
          .include_centre = settings.include_centre};
}

inline vantage::PolicyArchiveOptions archive(const Settings& settings) {
  return {.population = settings.population,
          .generations = settings.generations,
          .recency = settings.recency,
          .half_precision = settings.half_precision};
}

/// Hands over the value of another run, and says what of it.
template <class V>
void take_value(const Settings& settings, V& value) {
  std::filesystem::path path = settings.value_from;
  if (std::filesystem::is_directory(path)) path = RunFolder{path}.checkpoint();
  const vantage::HandOverReport report = vantage::hand_over(path, value);
  if (settings.quiet) return;
  const auto listed = [](const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += ' ' + name;
    return names.empty() ? std::string(" nothing") : text;
  };
  std::printf("value: from %s:%s; fresh:%s\n", path.string().c_str(), listed(report.taken).c_str(),
              listed(report.fresh).c_str());
}

inline vantage::PopulationEvaluator<AnyEnvironment> population_source(const Settings& settings,
                                                                      const AnyEnvironment& task) {
  return vantage::PopulationEvaluator<AnyEnvironment>(
      task, {.seed = settings.seed,
             .action_map = named<vantage::ActionMap>(vantage::kActionMapNames, settings.action_map),
             .fault_penalty = settings.fault_penalty,
             .normalize_observations = settings.normalize_observations,
             .normalizer = normalizer_options(settings)});
}

/// Trains an agent that plays populations, as the settings say.
template <class A>
int train_population(const Settings& settings, const AnyEnvironment& task, vantage::Context& context, A& agent) {
  using namespace vantage;
  auto source = population_source(settings, task);
  if (const auto normalizer = first_normalizer(settings)) source.set_normalizer(*normalizer);
  EpvfOptions options{.steps = settings.steps,
                      .survival_bonus = settings.survival_bonus,
                      .standardize_returns = settings.standardize_returns,
                      .return_transform = named<ReturnScale>(kReturnScaleNames, settings.return_transform),
                      .policy_step_size = settings.policy_step_size,
                      .centre_trial = {.episodes = settings.centre_episodes,
                                       .on_violation = named<OnViolation>(kOnViolation, settings.on_return_drop)},
                      .measure_foresight = diagnoses(settings, "values"),
                      .divergence_file = diverged_batch(settings, context)};
  if (settings.max_return_drop > 0) options.centre_trial.max_drop = settings.max_return_drop;
  if (settings.policy_learning_rate_end) {
    const double policy_rate = settings.policy_learning_rate.value_or(settings.learning_rate);
    options.policy_rate_factor = Schedule::geometric(1, *settings.policy_learning_rate_end / policy_rate);
  }
  bool has_played = false;
  const int code = run(settings, context, source, agent, [&](TrainingProgress& progress, auto&&... observers) {
    const std::int64_t before = progress.iterations;
    const StopReason reason = train_epvf(source, agent, context, options, progress, observers...);
    has_played = progress.iterations > before;
    return reason;
  });
  // a checkpoint lacks the oldest policies, so a run that was over already leaves the file as it is
  const bool writes = context.communicator().rank == 0;
  if (settings.save_archive && has_played && writes) agent.archive.save(RunFolder{settings.output}.archive());
  return code;
}

inline vantage::UniversalFunctional<float> universal_functional(const Settings& settings,
                                                                const vantage::DeterministicPolicy<float>& policy) {
  // features are means over many parameters, so they vary less than these
  return vantage::UniversalFunctional<float>(policy.parameter_space(),
                                             {.layers = settings.functional_layers,
                                              .channels = settings.functional_channels,
                                              .input_scale = 10 * settings.value_input_scale});
}

inline vantage::ProbingStates<vantage::DeterministicPolicy<float>> probing_states(
    const Settings& settings, const vantage::DeterministicPolicy<float>& policy) {
  return vantage::ProbingStates<vantage::DeterministicPolicy<float>>(
      policy, {.count = settings.probing_states, .initial = vantage::InitialStates::normal});
}

/// A deterministic policy and a value function that sees policies through the representation.
template <class R>
auto make_epvf_agent(const Settings& settings, vantage::Context& context, vantage::DeterministicPolicy<float> policy,
                     R representation, bool raw_parameters) {
  using namespace vantage;
  const Index parameters = policy.parameters().size();
  PolicyConditionedValue<float, R> value(
      parameters, std::move(representation),
      {.hidden = settings.value_hidden, .raw_parameters = raw_parameters, .input_scale = settings.value_input_scale},
      context.rng());
  const double value_rate = settings.value_learning_rate.value_or(settings.learning_rate);
  const double policy_rate = settings.policy_learning_rate.value_or(settings.learning_rate);
  return EpvfAgent{std::move(policy),
                   std::move(value),
                   PolicyArchive<float>(parameters, archive(settings)),
                   Perturbation<float>(perturbation(settings)),
                   WeightClip{settings.weight_clip, settings.clip_centre, settings.clip_samples},
                   ValueRegression<float>({.steps = settings.value_steps,
                                           .optimizer = optimizer_options(settings, value_rate),
                                           .minibatch = settings.minibatch,
                                           .max_gradient_norm = settings.max_gradient_norm,
                                           .loss = value_loss(settings)}),
                   PolicyAscent<float>({.steps = settings.policy_steps,
                                        .optimizer = optimizer_options(settings, policy_rate),
                                        .max_gradient_norm = settings.max_gradient_norm})};
}

/// A deterministic policy and an update that learns from populations themselves.
template <class Update>
auto make_search_agent(const Settings& settings, vantage::DeterministicPolicy<float> policy, const Update& update) {
  using namespace vantage;
  const Index parameters = policy.parameters().size();
  std::vector<ParameterBlock> fixed;
  if (!settings.perturb_biases) fixed = bias_blocks(policy.parameter_space());
  return EpvfAgent{std::move(policy),
                   NoValue<float>{},
                   PolicyArchive<float>(parameters, archive(settings)),
                   Perturbation<float>(perturbation(settings), fixed),
                   WeightClip{settings.weight_clip, settings.clip_centre, settings.clip_samples},
                   NoValueUpdate{},
                   update};
}

inline vantage::EvolutionStrategies<float> evolution_strategies(const Settings& settings) {
  using namespace vantage;
  return EvolutionStrategies<float>(
      {.return_transform = named<ReturnScale>(kReturnScaleNames, settings.return_transform),
       .optimizer = policy_optimizer(settings),
       .max_gradient_norm = settings.max_gradient_norm});
}

inline vantage::AugmentedRandomSearch<float> random_search(const Settings& settings) {
  return vantage::AugmentedRandomSearch<float>(
      {.top_directions = settings.top_directions, .step_size = *settings.policy_learning_rate});
}

/// Trains a deterministic policy up a value function that sees policies through the representation.
template <class R>
int train_by_representation(const Settings& settings, const AnyEnvironment& task, vantage::Context& context,
                            vantage::DeterministicPolicy<float> policy, R representation, bool raw_parameters) {
  auto agent = make_epvf_agent(settings, context, std::move(policy), std::move(representation), raw_parameters);
  // a checkpoint has a value and an archive of its own
  const bool continued = settings.resume && std::filesystem::exists(RunFolder{settings.output}.checkpoint());
  if (!settings.value_from.empty() && !continued) take_value(settings, agent.value);
  if (!settings.archive.empty() && !continued) agent.archive.load(settings.archive);
  return train_population(settings, task, context, agent);
}

#endif
