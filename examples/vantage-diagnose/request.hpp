// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DIAGNOSE_REQUEST_HPP
#define VANTAGE_DIAGNOSE_REQUEST_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vantage/core/types.hpp"

/// How much is measured where an option does not say: the studies' own numbers are those of `paper`.
enum class Scale { small, medium, paper };
inline constexpr const char* kScaleNames[] = {"small", "medium", "paper"};

/// What to measure of the gradient.
struct GradientsRequest {
  std::vector<vantage::Index> samples;  ///< sizes of estimates, rising; empty: that of the scale
  vantage::Index repeats = 0;           ///< independent estimates of each size; 0: that of the scale
  vantage::Index reference = 0;         ///< samples of the reference; 0: that of the scale
  vantage::Index burn_in = 0;           ///< steps of each stream before the first sample
  std::string advantages = "normalized";
  std::string vector = "gradient";
  bool discount_weights = false;
};

/// What to measure of the value function.
struct ValuesRequest {
  vantage::Index repeats = 0;  ///< iterations from the checkpoint, each with fresh samples; 0: that of the scale
  std::string returns = "complete";
};

/// What to measure of baselines.
struct BaselinesRequest {
  std::vector<vantage::Index> samples;  ///< sizes of estimates, rising; empty: 500 to 10,000
  vantage::Index repeats = 0;           ///< 0: that of the scale
  vantage::Index true_samples = 0;      ///< that the true value is fitted to; 0: that of the scale
  vantage::Index passes = 20;           ///< over them, at the most
};

/// What to measure of whole updates.
struct StepsRequest {
  vantage::Index repeats = 0;   ///< updates from the checkpoint; 0: that of the scale
  vantage::Index episodes = 0;  ///< that each policy is evaluated by; 0: that of the scale
  vantage::Index samples = 0;   ///< of an update; 0: as training
};

/// What to measure of the curvature.
struct CurvatureRequest {
  vantage::Index samples = 0;      ///< of the batch; 0: that of the scale
  vantage::Index eigenvalues = 5;  ///< of each matrix
  double step = 1e-2;              ///< of the differences of gradients, in parameters
};

/// What to measure of the way that updates go.
struct TrustRegionRequest {
  vantage::Index iterations = 0;  ///< of training from the checkpoint on; 0: that of the scale
  vantage::Index every = 32;      ///< optimiser steps from one look inside an update to the next
};

/// What to measure of the landscape.
struct LandscapeRequest {
  vantage::Index nodes = 0;    ///< along each direction; 0: that of the scale
  vantage::Index steps = 0;    ///< environment steps a point; 0: that of the scale
  vantage::Index samples = 0;  ///< of the update; 0: as training
  double low = 0, high = 3;    ///< ends of the grid, in steps and in random directions
  double norm = 2;             ///< of the random direction
  std::string direction = "update";
  std::optional<std::int64_t> to_iteration;  ///< x goes to this checkpoint instead
  std::string of = "returns";
  bool line = false;
  bool common_random_numbers = false;
  bool mean_actions = false;
};

/// What to measure of the dynamics.
struct ChaosRequest {
  vantage::Index starts = 0;   ///< 0: that of the scale
  vantage::Index steps = 0;    ///< of each; 0: that of the scale
  double distance = 1e-7;      ///< between twins
  vantage::Index points = 10;  ///< of the objective along a step, for each start; 0: it is left out
  bool stochastic = false;     ///< both with the same noise, instead of mean actions
};

/// What a command line asks for.
struct Request {
  std::filesystem::path run;
  std::optional<std::int64_t> iteration;  ///< none: the newest checkpoint
  std::string measurement;
  std::filesystem::path output;
  Scale scale = Scale::small;
  std::uint64_t seed = 1;
  vantage::Index threads = 1;
  bool resume = false;
  bool overwrite = false;
  bool quiet = false;
  bool dry_run = false;

  GradientsRequest gradients;
  ValuesRequest values;
  BaselinesRequest baselines;
  StepsRequest steps;
  CurvatureRequest curvature;
  TrustRegionRequest trust_region;
  LandscapeRequest landscape;
  ChaosRequest chaos;

  /// All that decides the numbers: what a measurement that goes on must have in common.
  std::string text;
};

/// `number`, or where it is 0 that of the scale.
template <class T>
[[nodiscard]] T or_scale(T number, Scale scale, T small, T medium, T paper) {
  if (number != T{}) return number;
  return scale == Scale::small ? small : scale == Scale::medium ? medium : paper;
}

/// None: what was asked for is printed already, and the exit code is 0 (--help, --version).
/// Throws: std::invalid_argument.
[[nodiscard]] std::optional<Request> parse_request(int argc, char** argv);

#endif
