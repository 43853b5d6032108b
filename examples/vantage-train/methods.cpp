// SPDX-License-Identifier: MIT
#include "methods.hpp"

#include <algorithm>
#include <map>

namespace {

using Names = std::set<std::string>;

const Names kFirstOrder{"vpg", "reinforce", "a2c", "ppo", "ppo-penalty"};
const Names kNatural{"npg", "trpo"};
const Names kGradient{"vpg", "reinforce", "a2c", "npg", "trpo", "ppo", "ppo-penalty"};
const Names kEpvf{"epvf"};

// options that not every method has; all others are for all
const std::map<std::string, Names, std::less<>> kUses{
    {"policy-learning-rate", {"vpg", "reinforce", "a2c", "ppo", "ppo-penalty", "epvf"}},
    {"epochs", kFirstOrder},
    {"policy-minibatch", kFirstOrder},
    {"entropy-coefficient", kFirstOrder},
    {"entropy-coefficient-end", kFirstOrder},
    {"recompute-advantages", kFirstOrder},
    {"adaptive-kl", kFirstOrder},
    {"min-learning-rate", kFirstOrder},
    {"max-learning-rate", kFirstOrder},
    {"importance-weights", {"vpg", "reinforce", "a2c"}},
    {"clip-range", {"ppo"}},
    {"clip-range-end", {"ppo"}},
    {"penalty-kl", {"ppo-penalty"}},
    {"initial-penalty", {"ppo-penalty"}},
    {"kl-radius", kNatural},
    {"cg-iterations", kNatural},
    {"damping", kNatural},
    {"fisher-fraction", kNatural},
    {"step-size", {"npg"}},
    {"backtracks", {"trpo"}},
    {"backtrack-factor", {"trpo"}},
    {"shared-backbone", {"a2c", "ppo"}},
    {"value-coefficient", {"a2c", "ppo"}},
    {"environments", kGradient},
    {"batch", kGradient},
    {"value-targets", kGradient},
    {"value-clip-range", kGradient},
    {"advantage", kGradient},
    {"gamma", kGradient},
    {"lambda", kGradient},
    {"baseline", kGradient},
    {"discount-weights", kGradient},
    {"advantage-normalization", kGradient},
    {"learning-rate", kGradient},
    {"learning-rate-schedule", kGradient},
    {"max-kl", kGradient},
    {"max-state-kl", kGradient},
    {"min-ratio", kGradient},
    {"max-ratio", kGradient},
    {"max-clip-fraction", kGradient},
    {"on-violation", kGradient},
    {"log-std", kGradient},
    {"state-dependent-std", kGradient},
    {"value-only-iterations", kGradient},
    {"scale-rewards", kGradient},
    {"population", kEpvf},
    {"generations", kEpvf},
    {"recency", kEpvf},
    {"half-precision", kEpvf},
    {"archive", kEpvf},
    {"save-archive", kEpvf},
    {"noise", kEpvf},
    {"noise-scaling", kEpvf},
    {"noise-scale", kEpvf},
    {"noise-floor", kEpvf},
    {"antithetic", kEpvf},
    {"include-centre", kEpvf},
    {"weight-clip", kEpvf},
    {"clip-centre", kEpvf},
    {"clip-samples", kEpvf},
    {"policy-steps", kEpvf},
    {"policy-learning-rate-end", kEpvf},
    {"standardize-returns", kEpvf},
    {"survival-bonus", kEpvf},
    {"representation", kEpvf},
    {"probing-states", kEpvf},
    {"functional-layers", kEpvf},
    {"functional-channels", kEpvf},
    {"value-hidden", kEpvf},
    {"value-input-scale", kEpvf},
    {"value-from", kEpvf},
    {"output-gain", kEpvf}};

// a shared backbone has one optimiser, which learns both
const Names kOfTwoNetworks{"value-steps",          "minibatch",          "value-learning-rate",
                           "policy-learning-rate", "importance-weights", "recompute-advantages",
                           "value-only-iterations"};

// the task without its version
std::string robot(const std::string& task) { return task.substr(0, task.find('-')); }

void of_ppo(Settings& s) {
  s.epochs = 10;
  s.policy_minibatch = 64;
  s.value_steps = 320;
  s.minibatch = 64;
  s.learning_rate = 3e-4;
  s.optimizer_epsilon = 1e-5;
  s.max_gradient_norm = 0.5;
  s.advantage_normalization = "minibatch";
}

void of_natural(Settings& s) {
  s.learning_rate = 1e-3;
  s.value_steps = 20;
  s.advantage_normalization = "batch";
}

void of_a2c(Settings& s) {
  // the n-step advantage: all rewards that the batch has left, then the value
  s.lambda = 1;
  s.batch = 80;
  s.value_steps = 1;
  s.learning_rate = 7e-4;
  s.optimizer = "rmsprop";
  s.optimizer_epsilon = 1e-5;
  s.max_gradient_norm = 0.5;
  s.checkpoint_every = 1000;
}

void of_reinforce(Settings& s) {
  s.advantage = "reward_to_go";
  s.baseline = "average";
  s.value_steps = 0;
}

// what works differs so much from world to world that the defaults are the world's
void of_epvf(Settings& s, const std::string& robot) {
  s.value_learning_rate = 1e-3;
  s.policy_learning_rate = 5e-3;
  s.policy_learning_rate_end = 1e-7;
  s.normalize_observations = false;
  s.evaluate_every = 10;
  if (robot == "CartPole" || robot == "ContinuousCartPole") {
    s.hidden = {0};
    s.population = 16;
    s.noise_floor = 0.1;
    s.policy_learning_rate = 1e-2;
    // where the push is continuous it wants to be strong
    if (robot == "ContinuousCartPole") s.output_gain = 100;
  } else if (robot == "InvertedDoublePendulum") {
    // few policies balance at all: the value function must remember them
    s.hidden = {0};
    s.output_gain = 30;
    s.noise_scale = 0.2;
    s.noise_floor = 0.02;
    s.generations = 10;
    s.minibatch = 640;
    s.value_steps = 100;
  } else if (robot == "Hopper" || robot == "Walker2d") {
    s.hidden = {0};
    s.output_gain = 10;
    s.noise_floor = 0.05;
    s.policy_learning_rate = 1e-2;
    s.normalize_observations = true;
  } else if (robot == "TargetSpeedAnt") {
    // what millions of steps can teach; the paper's 64-64 policies, 4096 a population, take billions
    s.hidden = {0};
    s.output_gain = 3;
    s.population = 256;
    s.policy_learning_rate = 2e-3;
    s.policy_learning_rate_end = 1e-5;
    s.normalize_observations = true;
    s.evaluate_episodes = 1;
  }
}

// published values where they learn, and what was found to do better; docs/results.md shows what they reach
void tune(Settings& s, const std::string& robot) {
  s.learning_rate_schedule = "linear";
  s.scale_rewards = true;
  if (s.update == "vpg") {
    s.learning_rate_schedule = "constant";
    s.scale_rewards = false;
    s.max_gradient_norm = 1;
  } else if (s.update == "reinforce") {
    // whole episodes
    s.environments = 8;
    s.batch = 8000;
    s.scale_rewards = false;
    s.learning_rate = 1e-2;
    s.advantage_normalization = "batch";
  } else if (s.update == "a2c") {
    s.lambda = 0.95;
    s.value_steps = 5;
  } else if (kNatural.contains(s.update)) {
    s.batch = 1024;
    s.value_steps = 80;
    s.minibatch = 128;
    s.kl_radius = 0.03;
    if (s.update == "npg") s.step_size = 0.1;
  }
  // a balance that one long step loses for good
  if (robot == "InvertedDoublePendulum" || robot == "Walker2d") s.kl_radius = 0.01;
  // actions cost and noise makes it fall, of which these methods are slow to get rid
  static const Names slow{"reinforce", "vpg", "trpo"};
  if (robot == "Ant" && slow.contains(s.update)) s.log_std = -1;
  if (robot == "Ant" && s.update == "a2c") s.log_std = -1.5;
  // what pays off comes many strokes later
  if (robot == "Swimmer" && s.update != "a2c") s.gamma = 0.9999;
}

}  // namespace

const Names& update_names() {
  static const Names names{"vpg", "reinforce", "a2c", "npg", "trpo", "ppo", "ppo-penalty", "epvf"};
  return names;
}

bool applies(std::string_view option, const std::string& update, bool shared_backbone) {
  if (shared_backbone && kOfTwoNetworks.contains(std::string(option))) return false;
  if (!shared_backbone && option == "value-coefficient") return false;
  const auto found = kUses.find(option);
  return found == kUses.end() || found->second.contains(update);
}

Settings method_defaults(const std::string& update, const std::string& task, bool preset) {
  Settings settings;
  settings.update = update;
  settings.task = task;
  settings.preset = preset;
  if (update == "ppo" || update == "ppo-penalty") of_ppo(settings);
  if (kNatural.contains(update)) of_natural(settings);
  if (update == "a2c") of_a2c(settings);
  if (update == "reinforce") of_reinforce(settings);
  if (update == "epvf") {
    of_epvf(settings, robot(task));
    return settings;
  }
  if (preset) tune(settings, robot(task));
  return settings;
}
