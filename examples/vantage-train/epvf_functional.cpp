// SPDX-License-Identifier: MIT
#include "epvf.hpp"
#include "updates.hpp"

int train_epvf_functional(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  auto policy = make_deterministic(settings, task.spec(), context);
  auto seen = universal_functional(settings, policy);
  return train_by_representation(settings, task, context, std::move(policy), std::move(seen),
                                 settings.representation == "functional+raw");
}
