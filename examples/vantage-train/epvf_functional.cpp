// SPDX-License-Identifier: MIT
#include "epvf.hpp"
#include "updates.hpp"
#include "vantage/epvf/universal_functional.hpp"

int train_epvf_functional(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  // features are means over many parameters, so they vary less than these
  auto policy = make_deterministic(settings, task.spec(), context);
  vantage::UniversalFunctional<float> seen(policy.parameter_space(), {.layers = settings.functional_layers,
                                                                      .channels = settings.functional_channels,
                                                                      .input_scale = 10 * settings.value_input_scale});
  return train_by_representation(settings, task, context, std::move(policy), std::move(seen),
                                 settings.representation == "functional+raw");
}
