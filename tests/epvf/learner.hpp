// SPDX-License-Identifier: MIT
// a small learner for the tests of EPVF's parts together
#ifndef VANTAGE_TESTS_EPVF_LEARNER_HPP
#define VANTAGE_TESTS_EPVF_LEARNER_HPP

#include "vantage/epvf/policy_conditioned_value.hpp"
#include "vantage/epvf/train_epvf.hpp"
#include "vantage/policy/deterministic_policy.hpp"

namespace vantage::testing {

struct EpvfSetup {
  DeterministicPolicyOptions policy = {.hidden = {}, .squash = Squash::none};
  PolicyConditionedValueOptions value = {.hidden = {32}};
  PolicyArchiveOptions archive = {.population = 16};
  PerturbationOptions perturbation = {};
  WeightClip weight_clip = {};
  ValueRegressionOptions value_update = {.steps = 10};
  PolicyAscentOptions policy_update = {};
  EpvfOptions options = {};
  std::uint64_t seed = 1;
  Index threads = 1;
  ActionMap action_map = ActionMap::none;
  bool normalize_observations = false;
};

template <class S, Environment E>
struct EpvfLearner {
  using P = DeterministicPolicy<S>;
  EpvfOptions options;
  Context context;
  PopulationEvaluator<E> source;
  EpvfAgent<P, PolicyConditionedValue<S>> agent;
  TrainingProgress progress;

  EpvfLearner(const E& world, const EpvfSetup& setup)
      : options(setup.options),
        context({.seed = setup.seed, .threads = setup.threads}),
        source(world, {.seed = setup.seed,
                       .action_map = setup.action_map,
                       .normalize_observations = setup.normalize_observations}),
        agent(make_agent(world.spec(), setup)) {}

  EpvfAgent<P, PolicyConditionedValue<S>> make_agent(const EnvironmentSpec& spec, const EpvfSetup& setup) {
    P policy = spec.is_discrete()
                   ? P::discrete(spec.observation_size, spec.discrete_actions, setup.policy, context.rng())
                   : P(spec.observation_size, spec.action_size(), setup.policy, context.rng());
    const Index parameters = policy.parameters().size();
    return {std::move(policy),
            PolicyConditionedValue<S>(parameters, {}, setup.value, context.rng()),
            PolicyArchive<S>(parameters, setup.archive),
            Perturbation<S>(setup.perturbation),
            setup.weight_clip,
            ValueRegression<S>(setup.value_update),
            PolicyAscent<S>(setup.policy_update)};
  }

  /// So many iterations more. Observers as in train_epvf.
  template <class... Observers>
  StopReason run(std::int64_t iterations, Observers&&... observers) {
    const std::int64_t last = progress.iterations + iterations;
    EpvfOptions endless = options;
    endless.steps = std::int64_t{1} << 40;
    return train_epvf(source, agent, context, endless, progress, observers..., [&](const IterationReport& report) {
      return report.iteration >= last ? Signal::stop : Signal::proceed;
    });
  }
};

}  // namespace vantage::testing

#endif
