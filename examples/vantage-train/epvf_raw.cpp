// SPDX-License-Identifier: MIT
#include "epvf.hpp"
#include "updates.hpp"

int train_epvf_raw(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  return train_by_representation(settings, task, context, make_deterministic(settings, task.spec(), context),
                                 vantage::NoFeatures<float>{}, true);
}
