// SPDX-License-Identifier: MIT
#include "separate.hpp"
#include "updates.hpp"

int train_gaussian(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  return train_separate(settings, task, context, make_gaussian(settings, task.spec(), context));
}
