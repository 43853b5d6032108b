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
#include "vantage/epvf/hand_over.hpp"
#include "vantage/epvf/policy_conditioned_value.hpp"
#include "vantage/epvf/train_epvf.hpp"
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

/// Trains an agent that plays populations, as the settings say.
template <class A>
int train_population(const Settings& settings, const AnyEnvironment& task, vantage::Context& context, A& agent) {
  using namespace vantage;
  PopulationEvaluator<AnyEnvironment> source(task,
                                             {.seed = settings.seed,
                                              .action_map = named<ActionMap>(kActionMapNames, settings.action_map),
                                              .fault_penalty = settings.fault_penalty,
                                              .normalize_observations = settings.normalize_observations});
  if (const auto normalizer = warm_normalizer(settings)) source.set_normalizer(*normalizer);
  EpvfOptions options{.steps = settings.steps,
                      .survival_bonus = settings.survival_bonus,
                      .standardize_returns = settings.standardize_returns,
                      .return_transform = named<ReturnScale>(kReturnScaleNames, settings.return_transform),
                      .policy_step_size = settings.policy_step_size,
                      .centre_trial = {.episodes = settings.centre_episodes,
                                       .on_violation = named<OnViolation>(kOnViolation, settings.on_return_drop)},
                      .measure_foresight = diagnoses(settings, "values"),
                      .divergence_file = RunFolder{settings.output}.diverged_batch()};
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
  if (settings.save_archive && has_played) agent.archive.save(RunFolder{settings.output}.archive());
  return code;
}

/// Trains a deterministic policy up a value function that sees policies through the representation.
template <class R>
int train_by_representation(const Settings& settings, const AnyEnvironment& task, vantage::Context& context,
                            vantage::DeterministicPolicy<float> policy, R representation, bool raw_parameters) {
  using namespace vantage;
  const Index parameters = policy.parameters().size();
  PolicyConditionedValue<float, R> value(
      parameters, std::move(representation),
      {.hidden = settings.value_hidden, .raw_parameters = raw_parameters, .input_scale = settings.value_input_scale},
      context.rng());
  // a checkpoint has a value and an archive of its own
  const bool continued = settings.resume && std::filesystem::exists(RunFolder{settings.output}.checkpoint());
  if (!settings.value_from.empty() && !continued) take_value(settings, value);
  const double value_rate = settings.value_learning_rate.value_or(settings.learning_rate);
  const double policy_rate = settings.policy_learning_rate.value_or(settings.learning_rate);
  EpvfAgent agent{std::move(policy),
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
  if (!settings.archive.empty() && !continued) agent.archive.load(settings.archive);
  return train_population(settings, task, context, agent);
}

#endif
