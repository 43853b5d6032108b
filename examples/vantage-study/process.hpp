// SPDX-License-Identifier: MIT
#ifndef VANTAGE_STUDY_PROCESS_HPP
#define VANTAGE_STUDY_PROCESS_HPP

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "record.hpp"

/// A program that belongs to a run.
struct Job {
  std::size_t run = 0;
  Command command;
  std::filesystem::path log;  ///< gets what the program prints
};

/// How programs end.
struct JobEnd {
  Job job;
  int code = 0;  ///< of exit; 128 and the signal for one that was killed
};

/// Runs so many programs at a time until `next` has none and all have ended. `ended` hears of each, `tick` is called
/// now and then between. After a first Ctrl-C or SIGTERM nothing new begins, and the programs are asked to end; they
/// end with this process too, however it dies. Throws: std::runtime_error where a program cannot be started.
void run_jobs(std::int64_t at_once, const std::function<std::optional<Job>()>& next,
              const std::function<void(const JobEnd&)>& ended, const std::function<void()>& tick);

/// Takes what other processes may want too, by a lock on a file, until this one and the programs that it starts have
/// ended. Returns whether nobody else has it. Throws: std::runtime_error if the file cannot be locked.
[[nodiscard]] bool take(const std::filesystem::path& lock);
/// Throws: std::invalid_argument where it is taken.
void require_free(const std::filesystem::path& lock);

/// A folder that nobody else works in as long as this lives, not even programs that outlive it.
class FolderLock {
 public:
  /// Throws: std::invalid_argument if the folder is taken, std::runtime_error if it cannot be locked.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  FolderLock(FolderLock&&) = delete;
  FolderLock& operator=(FolderLock&&) = delete;

 private:
  int file_ = -1;
};

#endif
