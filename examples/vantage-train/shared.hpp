// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_SHARED_HPP
#define VANTAGE_TRAIN_PROGRAM_SHARED_HPP

#include "cloning.hpp"
#include "parts.hpp"
#include "run.hpp"
#include "vantage/policy/actor_critic.hpp"
#include "vantage/update/joint_update.hpp"
#include "vantage/value/shared_value.hpp"

/// Trains one network, whose hidden layers policy and value share, on the joint loss of a2c or ppo.
template <class P>
int train_shared(const Settings& settings, const AnyEnvironment& task, vantage::Context& context, P policy) {
  using namespace vantage;
  using Model = ActorCritic<P>;
  clone_shown(settings, task, context, policy);
  const bool is_clipped = settings.update == "ppo";
  const double clip_range = is_clipped ? settings.clip_range : 0;
  const double clip_range_end = is_clipped ? settings.clip_range_end.value_or(clip_range) : 0;
  Agent agent{Model(policy, context.rng()), SharedValue{}, make_advantage(settings),
              ValueRegression<float>({.steps = 0}),  // measures only
              JointUpdate<Model>({.optimizer = policy_optimizer(settings),
                                  .epochs = settings.epochs,
                                  .minibatch = settings.policy_minibatch,
                                  .clip_range = over_run(clip_range, clip_range_end),
                                  .value_coefficient = settings.value_coefficient,
                                  .value_loss = value_loss(settings),
                                  .max_gradient_norm = settings.max_gradient_norm,
                                  .advantage_normalization = advantage_normalization(settings),
                                  .entropy_coefficient = entropy_coefficient(settings),
                                  .adaptive_rate = adaptive_rate(settings),
                                  .trust_region = trust_region(settings)})};
  return run(settings, task, context, agent);
}

#endif
