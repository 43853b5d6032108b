// SPDX-License-Identifier: MIT
#ifndef VANTAGE_IO_ATOMIC_FILE_HPP
#define VANTAGE_IO_ATOMIC_FILE_HPP

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "vantage/core/error.hpp"

namespace vantage {

namespace detail {

[[noreturn]] inline void throw_file_error(const std::filesystem::path& path, std::string_view action, int code) {
  throw FileError(join(path.string(), ": ", action, ": ", std::strerror(code)));
}

/// What a system call returns that no signal interrupted.
template <class Call>
auto unless_interrupted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// Owns a POSIX file descriptor.
class FileDescriptor {
 public:
  FileDescriptor(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : number_(unless_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); })) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { close(); }

  [[nodiscard]] int number() const { return number_; }

  /// The descriptor is gone in every case, also where a signal came in between.
  int close() {
    const int result = number_ < 0 ? 0 : ::close(number_);
    number_ = -1;
    return result < 0 && errno == EINTR ? 0 : result;
  }

 private:
  int number_;
};

/// Writes all bytes, however often the system stops in between.
inline void write_all(const FileDescriptor& file, const std::filesystem::path& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = unless_interrupted([&] { return ::write(file.number(), bytes.data(), bytes.size()); });
    if (written < 0) throw_file_error(path, "cannot write", errno);
    if (written == 0) throw FileError(path.string() + ": cannot write: the system takes no more bytes");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Hands all that was written to the disk. Returns as fsync does.
inline int flush(const FileDescriptor& file) {
  return unless_interrupted([&] { return ::fsync(file.number()); });
}

/// Removes a file that was made, when its scope is left, unless it was kept.
class TemporaryFile {
 public:
  /// Pre: `path` outlives this.
  explicit TemporaryFile(const std::filesystem::path& path) : path_(&path) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (path_ != nullptr) ::unlink(path_->c_str());
  }
  void keep() { path_ = nullptr; }

 private:
  const std::filesystem::path* path_;
};

}  // namespace detail

/// Replaces the file at `path` by `bytes`: after a crash or a power cut it holds either the old or the new bytes, never
/// a mixture. The bytes go to a temporary file in the same folder, which is flushed to the disk and renamed; then the
/// folder is flushed, where its file system and its permissions allow, so that the new name lasts once this returns.
/// What `path` names is replaced itself, a link too. A device or a pipe is refused: the system would lose it.
/// Throws: FileError with the path and the system's words; std::bad_alloc. Then the old file is untouched, but for
/// "cannot flush the folder", where the new one is whole in its place and only may not survive a power cut. In no case
/// is a temporary file left behind, unless the process is killed.
inline void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  using detail::throw_file_error;
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    throw FileError(path.string() + ": cannot replace: not a regular file");
  }
  // process id and counter keep the temporary files of concurrent writers apart
  static std::atomic<unsigned> counter{0};
  std::filesystem::path temporary = path;
  temporary += detail::join(".", ::getpid(), ".", counter++, ".tmp");
  // opened first: what can fail, fails before anything is replaced. Who may not list a folder cannot flush it either
  const detail::FileDescriptor folder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."),
                                      O_RDONLY | O_DIRECTORY);
  if (folder.number() < 0 && errno != EACCES) throw_file_error(path, "cannot open its folder", errno);

  detail::FileDescriptor file(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (file.number() < 0) throw_file_error(path, "cannot create a temporary file beside it", errno);
  detail::TemporaryFile guard(temporary);
  detail::write_all(file, path, bytes);
  if (detail::flush(file) != 0) throw_file_error(path, "cannot flush to the disk", errno);
  if (file.close() != 0) throw_file_error(path, "cannot close", errno);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) throw_file_error(path, "cannot replace", errno);
  guard.keep();

  // some file systems cannot flush a folder
  if (folder.number() >= 0 && detail::flush(folder) != 0 && errno != EINVAL && errno != ENOTSUP) {
    throw_file_error(path, "written, but cannot flush the folder to the disk", errno);
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
    const ssize_t count =
        detail::unless_interrupted([&] { return ::read(file.number(), bytes.data() + filled, bytes.size() - filled); });
    if (count < 0) throw_file_error(path, "cannot read", errno);
    if (count == 0) throw FileError(path.string() + ": became shorter while it was read");
    filled += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace vantage

#endif
