// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_CLONING_HPP
#define VANTAGE_TRAIN_PROGRAM_CLONING_HPP

#include <cstdio>

#include "any_environment.hpp"
#include "parts.hpp"
#include "vantage/rollout/demonstrations.hpp"
#include "vantage/update/behavior_cloning.hpp"

// --demonstrations: what a run begins with besides its options

/// Makes the policy do what was shown, if the run begins with that, and says how well it does.
template <class P>
void clone_shown(const Settings& settings, const AnyEnvironment& task, vantage::Context& context, P& policy) {
  if (!clones(settings)) return;
  const vantage::Demonstrations shown = vantage::load_demonstrations(settings.demonstrations);
  auto normalizer = first_normalizer(settings);
  if (normalizer) vantage::leave_mask(*normalizer, task.spec());
  const auto map = named<vantage::ActionMap>(vantage::kActionMapNames, settings.action_map);
  const vantage::BehaviorCloningReport report =
      vantage::clone_behavior(policy, vantage::policy_inputs<float>(shown, normalizer ? &*normalizer : nullptr),
                              vantage::raw_actions<float>(shown, map, task.spec()), context,
                              {.steps = settings.cloning_steps,
                               .minibatch = settings.cloning_minibatch,
                               .optimizer = vantage::AdamOptions{.learning_rate = settings.cloning_learning_rate},
                               .held_out = settings.cloning_held_out});
  if (settings.quiet) return;
  std::printf(
      "cloned %d steps of %s: the best after %d of %d optimiser steps, log-probability of %s %.3g before, %.3g then\n",
      static_cast<int>(shown.size()), settings.demonstrations.c_str(), static_cast<int>(report.kept_steps),
      static_cast<int>(report.steps), settings.cloning_held_out > 0 ? "those held out" : "all", report.log_prob_before,
      report.log_prob_after);
}

#endif
