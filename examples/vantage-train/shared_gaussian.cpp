// SPDX-License-Identifier: MIT
#include "shared.hpp"
#include "updates.hpp"

int train_shared_gaussian(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  return train_shared(settings, task, context, make_gaussian(settings, task.spec(), context));
}
