// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_PLAYED_TASK_HPP
#define VANTAGE_TRAIN_PROGRAM_PLAYED_TASK_HPP

#include <string>
#include <vector>

#include "any_environment.hpp"
#include "vantage/io/safetensors.hpp"

// what a policy file says of the world that its policy learned in

/// The options of a task, settled, and the fingerprint of its model (empty: none), for the metadata of a policy file.
[[nodiscard]] vantage::FileMetadata task_metadata(const std::vector<std::string>& options,
                                                  const std::string& model_fingerprint);

struct PlayedTask {
  std::string name;
  AnyEnvironment world;
};

/// Makes the task that a policy file is played in: by default the one that its policy learned in, with the options that
/// it had then. `name` and `options` of the command line come first; what differs is said on standard error, a line
/// each, and so is a model that is another than it was.
/// Throws: as make_task; std::invalid_argument where neither the file nor the command line names a task.
[[nodiscard]] PlayedTask make_played_task(const char* program, const vantage::FileMetadata& metadata, std::string name,
                                          const std::vector<std::string>& options);

/// That a model is not the one of the metadata, in words; empty if it is, or if one of them has no fingerprint.
[[nodiscard]] std::string changed_model(const vantage::FileMetadata& metadata, const std::string& model_fingerprint);

#endif
