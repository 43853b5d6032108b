// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_CHECKPOINT_HPP
#define VANTAGE_TRAIN_CHECKPOINT_HPP

#include <filesystem>
#include <utility>

#include "vantage/core/context.hpp"
#include "vantage/io/archive.hpp"
#include "vantage/train/report.hpp"

namespace vantage {

namespace detail {

// everything that the next iteration depends on, by reference
template <class Source, class A>
struct CheckpointView {
  Source& source;
  A& agent;
  Rng& rng;
  TrainingProgress& progress;

  template <class Archive>
  void serialize(Archive& archive) {
    archive("source", source);
    archive("agent", agent);
    archive("rng", rng);
    archive("progress", progress);
  }
};

}  // namespace detail

/// Writes everything that training goes on from: all parameters, optimisers, normalisers, random streams, the state of
/// every environment and the counters. The file is replaced in one step, so a crash leaves the old one or the new one.
/// Where there are ranks all of them call this, and rank 0 writes; any number of ranks can go on from it.
/// Throws: FileError.
template <class Source, class A>
void save_checkpoint(const std::filesystem::path& path, Source& source, A& agent, Context& context,
                     TrainingProgress& progress, const FileMetadata& metadata = {}) {
  if constexpr (requires { source.share_environments(context); }) source.share_environments(context);
  if (context.communicator().rank != 0) return;
  save_state(path, detail::CheckpointView<Source, A>{source, agent, context.rng(), progress}, metadata);
}

/// Reads what save_checkpoint wrote into objects made from the same options; training then continues bit for bit. Where
/// this throws, nothing has changed. Returns the file's metadata.
/// Throws: FileError for a file that is damaged or does not fit the objects.
template <class Source, class A>
FileMetadata load_checkpoint(const std::filesystem::path& path, Source& source, A& agent, Context& context,
                             TrainingProgress& progress) {
  Source new_source = source;
  A new_agent = agent;
  Rng new_rng = context.rng();
  TrainingProgress new_progress;
  detail::CheckpointView<Source, A> view{new_source, new_agent, new_rng, new_progress};
  FileMetadata metadata = load_state(path, view);
  source = std::move(new_source);
  agent = std::move(new_agent);
  context.rng() = new_rng;
  progress = std::move(new_progress);
  return metadata;
}

}  // namespace vantage

#endif
