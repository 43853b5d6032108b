// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_SETTINGS_HPP
#define VANTAGE_TRAIN_PROGRAM_SETTINGS_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vantage/core/types.hpp"

/// Everything that the command line and the configuration file decide; main.cpp explains each.
struct Settings {
  std::string task = "HalfCheetah-v5";
  std::vector<std::string> task_options;
  std::string update = "vpg";
  std::int64_t steps = 1'000'000;
  vantage::Index environments = 16;
  vantage::Index batch = 2048;
  std::uint64_t seed = 1;
  vantage::Index threads = 1;

  vantage::Index value_steps = 50;
  vantage::Index minibatch = 0;
  double learning_rate = 7e-4;
  std::optional<double> value_learning_rate;
  std::optional<double> policy_learning_rate;
  std::string learning_rate_schedule = "constant";
  double max_gradient_norm = 0;

  double gamma = 0.99;
  double lambda = 0.95;
  bool normalize_advantages = false;
  std::string value_targets = "advantage_plus_value";

  std::vector<vantage::Index> hidden = {64, 64};
  std::string activation = "tanh";
  std::optional<double> log_std;
  bool state_dependent_std = false;

  bool normalize_observations = true;
  bool scale_rewards = false;
  std::string action_map = "auto";
  double fault_penalty = 100;

  double max_kl = 0;
  std::string on_violation = "observe";

  std::filesystem::path output;
  bool resume = false;
  bool overwrite = false;
  std::int64_t checkpoint_every = 50;
  std::vector<std::int64_t> keep_checkpoints;
  std::int64_t evaluate_every = 0;
  vantage::Index evaluate_episodes = 10;
  double max_seconds = 0;
  bool quiet = false;
};

#endif
