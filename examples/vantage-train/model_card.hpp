// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_MODEL_CARD_HPP
#define VANTAGE_TRAIN_PROGRAM_MODEL_CARD_HPP

#include <filesystem>
#include <string>

#include "run_folder.hpp"
#include "vantage/env/spec.hpp"

/// The command line that makes the run again: the method, its task, the seed and what differs from the defaults.
[[nodiscard]] std::string command_of(const Settings& settings);

/// Whether a file is a model card as write_model_card left it: what somebody has changed is theirs.
[[nodiscard]] bool is_our_card(const std::filesystem::path& path);

/// Writes README.md of the run folder in the form that model hubs read: what the policy is, what it reached, the
/// command, how to load it. A README.md that is not ours stays, and that is said.
void write_model_card(const RunFolder& files, const Settings& settings, const vantage::EnvironmentSpec& spec,
                      const vantage::TrainingProgress& progress, const EvaluationSummary& evaluation,
                      const std::string& stop_reason);

#endif
