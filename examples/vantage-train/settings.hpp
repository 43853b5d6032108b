// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_SETTINGS_HPP
#define VANTAGE_TRAIN_PROGRAM_SETTINGS_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vantage/core/types.hpp"

/// Everything that the command line and the configuration file decide; options.cpp explains each. The values here are
/// those of plain VPG; methods.cpp holds what other updates begin with.
struct Settings {
  std::string task = "HalfCheetah-v5";
  std::vector<std::string> task_options;
  std::string update = "vpg";
  bool preset = false;
  std::int64_t steps = 1'000'000;
  vantage::Index environments = 16;
  vantage::Index batch = 2048;
  std::uint64_t seed = 1;
  vantage::Index threads = 1;

  double learning_rate = 7e-4;
  std::optional<double> value_learning_rate;
  std::optional<double> policy_learning_rate;
  std::string learning_rate_schedule = "constant";
  std::string optimizer = "adam";
  double optimizer_epsilon = 1e-8;
  double momentum = 0;
  double max_gradient_norm = 0;

  vantage::Index value_steps = 50;
  vantage::Index minibatch = 0;
  std::string value_targets = "advantage_plus_value";
  std::string value_loss = "squared";
  double huber_delta = 1;
  double value_clip_range = 0.2;

  std::string advantage = "gae";
  double gamma = 0.99;
  double lambda = 0.95;
  std::string baseline = "value";
  bool discount_weights = false;
  std::string advantage_normalization = "none";
  bool recompute_advantages = false;

  vantage::Index epochs = 1;
  vantage::Index policy_minibatch = 0;
  bool importance_weights = false;
  double clip_range = 0.2;
  std::optional<double> clip_range_end;
  double entropy_coefficient = 0;
  std::optional<double> entropy_coefficient_end;
  double penalty_kl = 0.01;
  double initial_penalty = 1;
  double adaptive_kl = 0;
  double min_learning_rate = 1e-5;
  double max_learning_rate = 1e-2;
  bool shared_backbone = false;
  double value_coefficient = 0.5;

  double kl_radius = 0.01;
  double step_size = 0;
  vantage::Index cg_iterations = 10;
  double damping = 0.1;
  double fisher_fraction = 1;
  vantage::Index backtracks = 10;
  double backtrack_factor = 0.8;

  vantage::Index population = 64;
  vantage::Index generations = 1;
  double recency = 0;
  bool half_precision = false;
  std::filesystem::path archive;
  bool save_archive = false;
  std::string noise = "uniform";
  std::string noise_scaling = "multiplicative";
  double noise_scale = 0.3;
  double noise_floor = 0.03;
  bool antithetic = false;
  bool include_centre = false;
  double weight_clip = 0.1;
  bool clip_centre = true;
  bool clip_samples = true;
  vantage::Index policy_steps = 10;
  std::optional<double> policy_learning_rate_end;
  bool standardize_returns = true;
  double survival_bonus = 0;
  std::string representation = "raw";
  vantage::Index probing_states = 64;
  vantage::Index functional_layers = 2;
  vantage::Index functional_channels = 16;
  std::vector<vantage::Index> value_hidden = {128, 128};
  double value_input_scale = 10;
  std::filesystem::path value_from;
  double output_gain = 1;

  double max_kl = 0;
  double max_state_kl = 0;
  double min_ratio = 0;
  double max_ratio = 0;
  double max_clip_fraction = 1;
  std::string on_violation = "observe";

  std::vector<vantage::Index> hidden = {64, 64};
  std::string activation = "tanh";
  std::optional<double> log_std;
  bool state_dependent_std = false;
  std::filesystem::path policy;
  std::int64_t value_only_iterations = 0;

  bool normalize_observations = true;
  bool scale_rewards = false;
  std::string action_map = "auto";
  double fault_penalty = 100;

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
