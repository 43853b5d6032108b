// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_ATOMIC_FILE_HPP
#define VANTAGE_IO_ATOMIC_FILE_HPP

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "vantage/core/error.hpp"

namespace vantage {

namespace detail {

[[noreturn]] inline void throw_file_error(const std::filesystem::path& path, std::string_view action, int code) {
  throw FileError(join(path.string(), ": ", action, ": ", std::strerror(code)));
}

/// Owns a POSIX file descriptor.
class FileDescriptor {
 public:
  FileDescriptor(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { close(); }

  [[nodiscard]] int number() const { return number_; }

  int close() {
    const int result = number_ < 0 ? 0 : ::close(number_);
    number_ = -1;
    return result;
  }

 private:
  int number_;
};

/// Writes all bytes, however often the system stops in between.
inline void write_all(const FileDescriptor& file, const std::filesystem::path& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_file_error(path, "cannot write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Removes a file when its scope is left, unless it was kept.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::filesystem::path path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  std::filesystem::path path_;
};

}  // namespace detail

/// Replaces the file at `path` by `bytes`: after a crash or a power cut it holds either the old or the new bytes, never
/// a mixture. The bytes go to a temporary file in the same folder, which is flushed to the disk and renamed.
/// Throws: FileError with the path and the system's words; then the old file is untouched and nothing is left behind.
/// But where only the folder could not be flushed the new file is there, and the error says so.
inline void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  using detail::throw_file_error;
  // process id and counter keep the temporary files of concurrent writers apart
  static std::atomic<unsigned> counter{0};
  std::filesystem::path temporary = path;
  temporary += detail::join(".", ::getpid(), ".", counter++, ".tmp");

  detail::FileDescriptor file(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (file.number() < 0) throw_file_error(path, "cannot create a temporary file beside it", errno);
  // by a move: a lack of memory here would leave the file behind
  detail::TemporaryFile guard(std::move(temporary));
  detail::write_all(file, path, bytes);
  if (::fsync(file.number()) != 0) throw_file_error(path, "cannot flush to the disk", errno);
  if (file.close() != 0) throw_file_error(path, "cannot close", errno);
  if (std::rename(guard.path().c_str(), path.c_str()) != 0) throw_file_error(path, "cannot replace", errno);
  guard.keep();

  // the new name is durable only when its folder is; some file systems cannot flush a folder
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const detail::FileDescriptor directory(folder, O_RDONLY | O_DIRECTORY);
  if (directory.number() >= 0 && ::fsync(directory.number()) != 0 && errno != EINVAL && errno != ENOTSUP) {
    throw_file_error(path, "written, but its folder cannot be flushed to the disk", errno);
  }
}

/// The bytes of a regular file.
/// Throws: FileError with the path and the system's words.
inline std::string read_file(const std::filesystem::path& path) {
  using detail::throw_file_error;
  const detail::FileDescriptor file(path, O_RDONLY | O_NONBLOCK);
  if (file.number() < 0) throw_file_error(path, "cannot open", errno);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) throw_file_error(path, "cannot inspect", errno);
  if (!S_ISREG(status.st_mode)) throw FileError(path.string() + ": not a regular file");
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::read(file.number(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_file_error(path, "cannot read", errno);
    if (count == 0) throw FileError(path.string() + ": became shorter while it was read");
    filled += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace vantage

#endif
