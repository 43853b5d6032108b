// SPDX-License-Identifier: MIT
#include "shared.hpp"
#include "updates.hpp"

int train_shared_categorical(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  return train_shared(settings, task, context, make_categorical(settings, task.spec(), context));
}
