// SPDX-License-Identifier: MIT
#include "epvf.hpp"
#include "updates.hpp"
#include "vantage/epvf/augmented_random_search.hpp"
#include "vantage/epvf/evolution_strategies.hpp"

namespace {

/// Trains a deterministic policy by an update that learns from populations themselves.
template <class Update>
int train_without_value(const Settings& settings, const AnyEnvironment& task, vantage::Context& context,
                        const Update& update) {
  using namespace vantage;
  auto policy = make_deterministic(settings, task.spec(), context);
  const Index parameters = policy.parameters().size();
  std::vector<ParameterBlock> fixed;
  if (!settings.perturb_biases) fixed = bias_blocks(policy.parameter_space());
  EpvfAgent agent{std::move(policy),
                  NoValue<float>{},
                  PolicyArchive<float>(parameters, archive(settings)),
                  Perturbation<float>(perturbation(settings), fixed),
                  WeightClip{settings.weight_clip, settings.clip_centre, settings.clip_samples},
                  NoValueUpdate{},
                  update};
  return train_population(settings, task, context, agent);
}

}  // namespace

int train_es(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  return train_without_value(
      settings, task, context,
      vantage::EvolutionStrategies<float>(
          {.return_transform = named<vantage::ReturnScale>(vantage::kReturnScaleNames, settings.return_transform),
           .optimizer = policy_optimizer(settings),
           .max_gradient_norm = settings.max_gradient_norm}));
}

int train_ars(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  return train_without_value(settings, task, context,
                             vantage::AugmentedRandomSearch<float>({.top_directions = settings.top_directions,
                                                                    .step_size = *settings.policy_learning_rate}));
}
