// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_FUZZ_MEMORY_FILE_HPP
#define VANTAGE_TESTS_FUZZ_MEMORY_FILE_HPP

#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "fuzz.hpp"

/// A file that is in memory only, for readers that want a path: nothing is left of it, however the process ends.
class MemoryFile {
 public:
  MemoryFile() { fuzz_require(descriptor_ >= 0, "no file in memory"); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }

  /// Replaces what it holds; returns its path.
  const std::filesystem::path& write(std::string_view text) {
    const bool is_written = ::ftruncate(descriptor_, 0) == 0 &&
                            ::pwrite(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
    fuzz_require(is_written, "a file in memory cannot be written");
    return path_;
  }

 private:
  int descriptor_ = ::memfd_create("fuzz", MFD_CLOEXEC);
  std::filesystem::path path_ = "/proc/self/fd/" + std::to_string(descriptor_);
};

#endif
