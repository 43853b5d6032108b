// SPDX-License-Identifier: MIT
#include "vantage/update/vpg.hpp"

#include "parts.hpp"
#include "run.hpp"
#include "updates.hpp"

int train_vpg(const Settings& settings, const AnyEnvironment& task, vantage::Context& context) {
  return with_policy(settings, task.spec(), context, [&](auto policy) {
    using Policy = decltype(policy);
    const double rate = settings.policy_learning_rate.value_or(settings.learning_rate);
    auto value = make_value(settings, task.spec(), context);
    vantage::Agent agent{std::move(policy), std::move(value), make_gae(settings), make_value_regression(settings),
                         vantage::Vpg<Policy>({.optimizer = adam_options(settings, rate, 1),
                                               .max_gradient_norm = settings.max_gradient_norm,
                                               .advantage_normalization = settings.normalize_advantages
                                                                              ? vantage::AdvantageNormalization::batch
                                                                              : vantage::AdvantageNormalization::none,
                                               .trust_region = trust_region(settings)})};
    return run(settings, task, context, agent);
  });
}
