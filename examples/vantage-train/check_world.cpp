// SPDX-License-Identifier: MIT
#include "check_world.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "vantage/core/error.hpp"
#include "vantage/env/action_mask.hpp"
#include "vantage/env/check_environment.hpp"
#include "vantage/mujoco/names.hpp"

namespace {

using vantage::detail::join;

constexpr double kBudget = 0.25;  // seconds; check_environment makes about seven times its steps
constexpr vantage::Index kRuns = 7;

/// Where the observation holds a mask, the first choice of each action that it allows.
void take_first_allowed(const vantage::EnvironmentSpec& spec, const vantage::Vector<double>& observation,
                        vantage::Vector<double>& action) {
  if (!spec.mask_row || !vantage::ActionMask(spec).is_sound(observation)) return;
  vantage::Index at = *spec.mask_row;
  for (vantage::Index i = 0; i < action.size(); ++i) {
    vantage::Index k = 0;
    while (observation[at + k] == 0) ++k;
    action[i] = static_cast<double>(k);
    at += spec.choices()[static_cast<std::size_t>(i)];
  }
}

/// Steps of a check that costs about the budget.
vantage::Index affordable_steps(AnyEnvironment world) {
  constexpr vantage::Index tried = 10;
  vantage::Vector<double> observation(world.spec().observation_size);
  vantage::Vector<double> rest = vantage::Vector<double>::Zero(world.spec().action_size());
  vantage::Rng rng(1);
  const auto begin = std::chrono::steady_clock::now();
  world.reset(rng, observation);
  for (vantage::Index i = 0; i < tried; ++i) {
    take_first_allowed(world.spec(), observation, rest);
    const vantage::StepResult result = world.step(rest, observation);
    if (result.fault || (result.terminated && world.spec().mask_row)) world.reset(rng, observation);
  }
  const double a_step = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / tried;
  return static_cast<vantage::Index>(std::clamp(kBudget / (kRuns * std::max(a_step, 1e-9)), 10.0, 500.0));
}

/// Keyframes that a model has and the run does not use; empty: none.
std::string unused_keyframes(const AnyEnvironment& world, const Settings& settings) {
  const auto& options = settings.task_options;
  if (std::any_of(options.begin(), options.end(), [](const auto& o) { return o.starts_with("initial_keyframe="); })) {
    return {};
  }
  std::string text;
  world.inspect([&](const mjModel& model, mjData&) {
    if (model.nkey == 0) return;
    const std::string names = vantage::mujoco::detail::known_names(model, mjOBJ_KEY, model.nkey);
    text = join("; its keyframes (", names.empty() ? std::to_string(model.nkey) : names,
                ") are not used without --task-option initial_keyframe=...");
  });
  return text;
}

}  // namespace

void check_world(const AnyEnvironment& world, const Settings& settings) {
  const char* const name = settings.task.c_str();
  try {
    const auto report = vantage::check_environment(
        world, {.seed = settings.seed, .steps = affordable_steps(world), .check_no_reset = false});
    if (report.faults > 0) {
      std::fprintf(stderr, "vantage-train: %s: %d of %d random steps broke the simulation down\n", name,
                   static_cast<int>(report.faults), static_cast<int>(report.steps));
    }
    if (settings.quiet) return;
    std::printf("%s checked: %d random steps, %d ended an episode, mean reward %.3g, deterministic%s\n", name,
                static_cast<int>(report.steps), static_cast<int>(report.terminations), report.mean_reward,
                unused_keyframes(world, settings).c_str());
  } catch (const std::runtime_error& problem) {
    std::fprintf(stderr, "vantage-train: %s\n", problem.what());
  }
}
