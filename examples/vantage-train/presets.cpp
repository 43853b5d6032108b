// SPDX-License-Identifier: MIT
#include "presets.hpp"

#include <thread>

#include "fast_recipes.hpp"
#include "option_values.hpp"

namespace {

// the task without its version
std::string robot(const std::string& task) { return task.substr(0, task.find('-')); }

// what works differs so much from world to world that the defaults are the world's
void of_epvf(Settings& s, const std::string& robot) {
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

void of_search(Settings& s, const std::string& robot) {
  if (robot == "TargetSpeedAnt") {
    s.hidden = {0};
    s.evaluate_episodes = 1;
    if (s.update == "ars") return;
    s.population = 512;
    s.noise_scale = 0.1;
    s.policy_learning_rate = 2e-2;
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
  } else if ((method_set(s.update) & kNatural) != 0) {
    s.batch = 1024;
    s.value_steps = 80;
    s.minibatch = 128;
    s.kl_radius = 0.03;
    if (s.update == "npg") s.step_size = 0.1;
  }
  // a balance that one long step loses for good
  if (robot == "InvertedDoublePendulum" || robot == "Walker2d") s.kl_radius = 0.01;
  // actions cost and noise makes it fall, of which these methods are slow to get rid
  if (robot == "Ant" && (method_set(s.update) & (kReinforce | kVpg | kTrpo)) != 0) s.log_std = -1;
  if (robot == "Ant" && s.update == "a2c") s.log_std = -1.5;
  // what pays off comes many strokes later
  if (robot == "Swimmer" && s.update != "a2c") s.gamma = 0.9999;
}

}  // namespace

Settings method_defaults(const std::string& update, const std::string& task, const std::string& preset) {
  Settings settings;
  settings.update = update;
  const Methods method = method_set(update);
  for (const Option& option : all_options()) {
    std::string_view text = option.text;
    for (const DefaultFor& other : option.text_for) {
      if ((other.methods & method) != 0) text = other.text;
    }
    if (!text.empty()) read_value(option, {{std::string(text)}, dashed(option)}, settings);
  }
  settings.update = update;
  if (!task.empty()) settings.task = task;
  settings.preset = preset;
  settings.threads = std::max<vantage::Index>(1, static_cast<vantage::Index>(std::thread::hardware_concurrency()));
  if (update == "epvf") {
    of_epvf(settings, robot(settings.task));
    return settings;
  }
  if (plays_populations(settings)) {
    of_search(settings, robot(settings.task));
    return settings;
  }
  const FastRecipe& recipe = fast_recipe(settings.task);
  const bool is_fast = preset == "fast" && recipe.update == update;
  if (is_fast ? recipe.tuned : preset != "false") tune(settings, robot(settings.task));
  if (!is_fast) return settings;
  for (const auto& [name, text] : recipe.options) {
    read_value(*find_option(name), {{std::string(text)}, "--" + std::string(name)}, settings);
  }
  return settings;
}
