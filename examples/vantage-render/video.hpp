// SPDX-License-Identifier: MIT
#ifndef VANTAGE_RENDER_PROGRAM_VIDEO_HPP
#define VANTAGE_RENDER_PROGRAM_VIDEO_HPP

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "vantage/core/error.hpp"
#include "vantage/mujoco/render.hpp"

// POSIX leaves the declaration to the program
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables,readability-redundant-declaration)
extern char** environ;

/// A video that an ffmpeg process makes of raw pictures. The file has its name only when it is whole; a failure leaves
/// nothing behind.
class Video {
 public:
  /// Throws if the user wants an end; called again and again while ffmpeg is waited for.
  using Check = void (*)();

  /// `path` ends in .mp4 or .gif. Pre: SIGPIPE is ignored.
  /// Throws: std::runtime_error if ffmpeg cannot be started, saying what to install.
  Video(std::filesystem::path path, int width, int height, double fps, Check check)
      : path_(std::move(path)), temporary_(path_), check_(check), words_(std::tmpfile(), &std::fclose) {
    temporary_ += vantage::detail::join(".", ::getpid(), ".tmp");
    if (words_ == nullptr) throw vantage::FileError("cannot make a temporary file: " + std::string(strerror(errno)));
    start({"ffmpeg", "-loglevel", "error", "-y", "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size",
           vantage::detail::join(width, 'x', height), "-framerate", rate(fps), "-i", "pipe:0"});
  }
  Video(const Video&) = delete;
  Video& operator=(const Video&) = delete;
  ~Video() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    if (pipe_ >= 0) ::close(pipe_);
    ::unlink(temporary_.c_str());
  }

  /// Throws: std::runtime_error with ffmpeg's own words; what the check throws.
  void write(const vantage::mujoco::Image& image) {
    const std::uint8_t* at = image.rgb.data();
    for (std::size_t left = image.rgb.size(); left > 0;) {
      check_();
      const ssize_t written = ::write(pipe_, at, left);
      if (written < 0 && errno == EAGAIN) {
        pollfd room{pipe_, POLLOUT, 0};
        ::poll(&room, 1, kPatience);
        continue;
      }
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail();
      at += written;
      left -= static_cast<std::size_t>(written);
    }
  }

  /// Throws: as write.
  void finish() {
    ::close(pipe_);
    pipe_ = -1;
    if (wait() != 0) fail();
    if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
      throw vantage::FileError(path_.string() + ": cannot take its name: " + std::strerror(errno));
    }
  }

 private:
  static std::string rate(double fps) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.9g", fps);
    return text.data();
  }

  void start(std::vector<std::string> arguments) {
    if (path_.extension() == ".gif") {
      // a palette a picture: no need to keep them all in memory
      arguments.insert(arguments.end(), {"-filter_complex",
                                         "[0:v]split[a][b];[a]palettegen=stats_mode=single[palette];"
                                         "[b][palette]paletteuse=new=1",
                                         "-f", "gif"});
    } else {
      // players want this pixel format, and the index at the front
      arguments.insert(arguments.end(), {"-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4"});
    }
    arguments.push_back("file:" + temporary_.string());
    std::vector<char*> raw;
    raw.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);

    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe to ffmpeg");
    pipe_ = ends[1];
    // our end only: a full pipe must not keep us from looking at signals
    ::fcntl(pipe_, F_SETFL, O_NONBLOCK);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, ::fileno(words_.get()), STDERR_FILENO);

    // Ctrl-C is ours to handle, and a broken pipe means to ffmpeg what it always means
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    const int error = ::posix_spawnp(&process_, "ffmpeg", &files, &attributes, raw.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    ::close(ends[0]);
    if (error != 0) {
      ::close(pipe_);
      throw std::runtime_error(vantage::detail::join(
          path_.string(), ": a video needs the program ffmpeg, which cannot be started (", std::strerror(error),
          "); install the package ffmpeg, or name a folder to get PNG pictures"));
    }
  }

  /// ffmpeg's exit code. Throws: what the check throws.
  int wait() {
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(process_, &status, WNOHANG)) <= 0;) {
      if (ended < 0 && errno != EINTR) break;
      check_();
      ::poll(nullptr, 0, kPatience);
    }
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }

  [[noreturn]] void fail() {
    if (pipe_ >= 0) ::close(pipe_);
    pipe_ = -1;
    if (process_ > 0) wait();
    std::string words(2000, '\0');
    std::rewind(words_.get());
    words.resize(std::fread(words.data(), 1, words.size(), words_.get()));
    words.erase(words.find_last_not_of(" \r\n") + 1);
    throw std::runtime_error(path_.string() + ": ffmpeg failed: " + (words.empty() ? "it does not say why" : words));
  }

  static constexpr int kPatience = 10;  ///< ms between two looks at what is waited for

  std::filesystem::path path_, temporary_;
  Check check_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> words_;  ///< what ffmpeg says of errors
  pid_t process_ = -1;
  int pipe_ = -1;
};

#endif
