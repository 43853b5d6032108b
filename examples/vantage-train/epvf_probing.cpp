// SPDX-License-Identifier: MIT
#include "epvf.hpp"
#include "updates.hpp"

int train_epvf_probing(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  auto policy = make_deterministic(settings, task.spec(), context);
  auto seen = probing_states(settings, policy);
  return train_by_representation(settings, task, context, std::move(policy), std::move(seen), false);
}
