// SPDX-License-Identifier: MIT
#include "epvf.hpp"
#include "updates.hpp"
#include "vantage/epvf/probing_states.hpp"

int train_epvf_probing(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  auto policy = make_deterministic(settings, task.spec(), context);
  vantage::ProbingStates<vantage::DeterministicPolicy<float>> seen(
      policy, {.count = settings.probing_states, .initial = vantage::InitialStates::normal});
  return train_by_representation(settings, task, context, std::move(policy), std::move(seen), false);
}
