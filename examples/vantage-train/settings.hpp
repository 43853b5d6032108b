// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_SETTINGS_HPP
#define VANTAGE_TRAIN_PROGRAM_SETTINGS_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vantage/core/types.hpp"

/// Everything that the command line and the configuration file decide. What each means and begins with says its row in
/// option_rows.cpp; method_defaults makes settings to start from.
struct Settings {
  std::string task;
  std::vector<std::string> task_options;
  std::string update;
  std::string preset;
  std::int64_t steps = 0;
  vantage::Index environments = 0;
  vantage::Index batch = 0;
  vantage::Index shard_size = 0;
  std::uint64_t seed = 0;
  vantage::Index threads = 0;
  std::string reduction;

  double learning_rate = 0;
  std::optional<double> value_learning_rate;
  std::optional<double> policy_learning_rate;
  std::string learning_rate_schedule;
  std::string optimizer;
  double optimizer_epsilon = 0;
  double momentum = 0;
  double max_gradient_norm = 0;

  std::string value;
  vantage::Index old_policies = 0;
  vantage::Index old_samples = 0;
  vantage::Index value_steps = 0;
  vantage::Index minibatch = 0;
  std::string value_step_rule;
  vantage::Index min_value_steps = 0;
  double hoelder_exponent = 0;
  double target_change = 0;
  double value_change = 0;
  std::string value_targets;
  std::string cut_bootstrap;
  std::string value_loss;
  double huber_delta = 0;
  double value_clip_range = 0;
  bool normalize_values = false;
  double value_moments_decay = 0;

  std::string advantage;
  double gamma = 0;
  double lambda = 0;
  std::string baseline;
  bool discount_weights = false;
  std::string advantage_normalization;
  bool recompute_advantages = false;

  vantage::Index epochs = 0;
  vantage::Index policy_minibatch = 0;
  bool importance_weights = false;
  double clip_range = 0;
  std::optional<double> clip_range_end;
  double entropy_coefficient = 0;
  std::optional<double> entropy_coefficient_end;
  double penalty_kl = 0;
  double initial_penalty = 0;
  double adaptive_kl = 0;
  std::string adaptive_kl_per;
  double min_learning_rate = 0;
  double max_learning_rate = 0;
  bool shared_backbone = false;
  double value_coefficient = 0;

  double kl_radius = 0;
  double step_size = 0;
  vantage::Index cg_iterations = 0;
  double damping = 0;
  double fisher_fraction = 0;
  vantage::Index backtracks = 0;
  double backtrack_factor = 0;

  vantage::Index population = 0;
  vantage::Index generations = 0;
  double recency = 0;
  bool half_precision = false;
  std::filesystem::path archive;
  bool save_archive = false;
  std::string noise;
  std::string noise_scaling;
  double noise_scale = 0;
  double noise_floor = 0;
  bool antithetic = false;
  bool include_centre = false;
  double weight_clip = 0;
  bool clip_centre = false;
  bool clip_samples = false;
  bool perturb_biases = false;
  std::string return_transform;
  vantage::Index top_directions = 0;
  vantage::Index policy_steps = 0;
  std::optional<double> policy_learning_rate_end;
  double policy_step_size = 0;
  double max_return_drop = 0;
  std::string on_return_drop;
  vantage::Index centre_episodes = 0;
  bool standardize_returns = false;
  double survival_bonus = 0;
  std::string representation;
  vantage::Index probing_states = 0;
  vantage::Index functional_layers = 0;
  vantage::Index functional_channels = 0;
  std::vector<vantage::Index> value_hidden;
  double value_input_scale = 0;
  std::filesystem::path value_from;
  double output_gain = 0;
  double initial_gain = 0;
  std::string squash;

  double max_kl = 0;
  double max_state_kl = 0;
  double min_ratio = 0;
  double max_ratio = 0;
  double max_clip_fraction = 0;
  std::string on_violation;

  std::vector<vantage::Index> hidden;
  std::string activation;
  bool layer_norm = false;
  std::string encoder;
  std::string value_encoder;
  std::optional<double> log_std;
  bool state_dependent_std = false;
  std::filesystem::path policy;
  std::filesystem::path demonstrations;
  vantage::Index cloning_steps = 0;
  vantage::Index cloning_minibatch = 0;
  double cloning_learning_rate = 0;
  double cloning_held_out = 0;
  std::int64_t value_only_iterations = 0;
  std::int64_t measure_every = 1;
  vantage::Index overlap = 0;

  bool normalize_observations = false;
  std::vector<vantage::Index> normalize_except;
  std::optional<double> freeze_normalizer_after;
  std::filesystem::path normalizer;
  bool scale_rewards = false;
  double reward_clip = 0;
  std::string action_map;
  double fault_penalty = 0;

  std::filesystem::path output;
  std::filesystem::path config;
  bool resume = false;
  bool overwrite = false;
  std::int64_t checkpoint_every = 0;
  std::vector<std::int64_t> keep_checkpoints;
  std::int64_t evaluate_every = 0;
  vantage::Index evaluate_episodes = 0;
  bool evaluate_deterministic = false;
  double max_seconds = 0;
  std::vector<std::string> log;
  std::string diagnose;
  bool quiet = false;

  // no options: what the task has
  bool discrete_actions = false;
  std::string model_fingerprint;  ///< empty: none
};

#endif
