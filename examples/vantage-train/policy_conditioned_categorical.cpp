// SPDX-License-Identifier: MIT
#include "policy_conditioned.hpp"
#include "updates.hpp"

int train_policy_conditioned_categorical(const Settings& settings, const AnyEnvironment& task,
                                         vantage::Context& context) {
  return train_policy_conditioned(settings, task, context, make_categorical(settings, task.spec(), context));
}
