// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_SEPARATE_HPP
#define VANTAGE_TRAIN_PROGRAM_SEPARATE_HPP

#include "agent.hpp"
#include "cloning.hpp"
#include "run.hpp"

/// Trains with a network for the policy and one for the value.
template <class P>
int train_separate(const Settings& settings, const AnyEnvironment& task, vantage::Context& context, P policy) {
  clone_shown(settings, task, context, policy);
  auto agent = make_agent(settings, task, context, std::move(policy));
  return run(settings, task, context, agent);
}

#endif
