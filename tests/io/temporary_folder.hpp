// SPDX-License-Identifier: MIT
#ifndef VANTAGE_TESTS_IO_TEMPORARY_FOLDER_HPP
#define VANTAGE_TESTS_IO_TEMPORARY_FOLDER_HPP

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>

/// A folder of its own for each test, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static std::atomic<int> counter{0};
    path_ = std::filesystem::temp_directory_path() /
            ("vantage-test-" + std::to_string(::getpid()) + "-" + std::to_string(counter++));
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] long files() const {
    return static_cast<long>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

#endif
