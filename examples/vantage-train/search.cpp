// SPDX-License-Identifier: MIT
#include "epvf.hpp"
#include "updates.hpp"

int train_es(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  auto agent =
      make_search_agent(settings, make_deterministic(settings, task.spec(), context), evolution_strategies(settings));
  return train_population(settings, task, context, agent);
}

int train_ars(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  auto agent = make_search_agent(settings, make_deterministic(settings, task.spec(), context), random_search(settings));
  return train_population(settings, task, context, agent);
}
