// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TRAIN_PROGRAM_RANK_FOLDER_HPP
#define VANTAGE_TRAIN_PROGRAM_RANK_FOLDER_HPP

#include <filesystem>

#include "option_values.hpp"
#include "vantage/core/communicator.hpp"

/// Where a rank finds the run that it goes on with. The run folder is rank 0's; each other rank has a folder of its own
/// with copies of what it reads there, so that ranks share no file system. It goes with this object, or earlier.
class RankFolder {
 public:
  /// Names the folder as --output in what other ranks were given, where they are to --resume.
  /// Throws: FileError, std::filesystem::filesystem_error.
  RankFolder(GivenOptions& given, const vantage::Communicator& ranks);
  RankFolder(const RankFolder&) = delete;
  RankFolder& operator=(const RankFolder&) = delete;
  ~RankFolder();

 private:
  std::filesystem::path copies_;
};

#endif
