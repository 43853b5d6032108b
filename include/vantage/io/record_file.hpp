// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_RECORD_FILE_HPP
#define VANTAGE_IO_RECORD_FILE_HPP

#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include "vantage/io/atomic_file.hpp"

namespace vantage {

/// A file that grows by whole records: each is handed to the system at once, so a killed program loses none. They are
/// not flushed to the disk: a power cut may take the last ones. A record that cannot be written whole is taken back.
class RecordFile {
 public:
  /// Replaces the file by these bytes. Throws: FileError.
  RecordFile(std::filesystem::path path, std::string_view bytes) : path_(std::move(path)) {
    write_file_atomically(path_, bytes);
    size_ = static_cast<off_t>(bytes.size());
    file_ = std::make_unique<detail::FileDescriptor>(path_, O_WRONLY | O_APPEND);
    if (file_->number() < 0) detail::throw_file_error(path_, "cannot open", errno);
  }

  /// Of the file.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Throws: FileError, then the file ends with the record before and the next one can be written.
  void append(std::string_view record) {
    // a part of a record, which could not be taken back when it came
    if (torn_ && !cut()) detail::throw_file_error(path_, "cannot take back a part of a record", errno);
    try {
      detail::write_all(*file_, path_, record);
      size_ += static_cast<off_t>(record.size());
    } catch (...) {
      torn_ = !cut();
      throw;
    }
  }

 private:
  // whether the file ends with its last complete record again
  bool cut() {
    const bool done = detail::unless_interrupted([&] { return ::ftruncate(file_->number(), size_); }) == 0;
    torn_ = torn_ && !done;
    return done;
  }

  std::filesystem::path path_;
  std::unique_ptr<detail::FileDescriptor> file_;
  off_t size_ = 0;  // of the complete records
  bool torn_ = false;
};

}  // namespace vantage

#endif
