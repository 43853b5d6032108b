// SPDX-License-Identifier: MIT
#include "process.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <stdexcept>
#include <thread>

#include "interrupt.hpp"
#include "vantage/core/error.hpp"

namespace {

namespace fs = std::filesystem;
using vantage::detail::join;

fs::path unfinished(const fs::path& output) { return output.string() + ".tmp"; }

int opened(const fs::path& path, int how) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666);
  if (file < 0) throw std::runtime_error(join(path.string(), ": cannot be written: ", std::strerror(errno)));
  return file;
}

pid_t start(const Job& job) {
  std::vector<char*> words;
  words.reserve(job.command.words.size() + 1);
  // exec does not write to them
  for (const std::string& word : job.command.words)
    words.push_back(const_cast<char*>(word.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  words.push_back(nullptr);
  const int log = opened(job.log, O_APPEND);
  const int output = job.command.output.empty() ? log : opened(unfinished(job.command.output), O_TRUNC);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    // out of reach of the terminal's Ctrl-C, which comes by way of the parent, and gone with it
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv(words.front(), words.data());
    ::_exit(127);
  }
  const int reason = errno;
  if (output != log) ::close(output);
  ::close(log);
  if (child < 0)
    throw std::runtime_error(join(job.command.words.front(), ": cannot be started: ", std::strerror(reason)));
  return child;
}

}  // namespace

void run_jobs(std::int64_t at_once, const std::function<std::optional<Job>()>& next,
              const std::function<void(const JobEnd&)>& ended, const std::function<void()>& tick) {
  std::map<pid_t, Job> running;
  bool asked = false;
  for (;;) {
    while (interrupted == 0 && static_cast<std::int64_t>(running.size()) < at_once) {
      std::optional<Job> job = next();
      if (!job) break;
      const pid_t child = start(*job);
      running.emplace(child, std::move(*job));
    }
    if (running.empty()) break;
    if (interrupted != 0 && !asked) {
      asked = true;
      for (const auto& [child, job] : running) ::kill(child, SIGINT);
    }
    int status = 0;
    const pid_t child = ::waitpid(-1, &status, WNOHANG);
    if (child > 0) {
      const auto found = running.find(child);
      if (found == running.end()) continue;
      JobEnd end{std::move(found->second), WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
      running.erase(found);
      const fs::path& output = end.job.command.output;
      if (!output.empty() && end.code == 0) fs::rename(unfinished(output), output);
      ended(end);
      continue;
    }
    tick();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

FolderLock::FolderLock(const fs::path& folder) {
  const fs::path path = folder / "study.lock";
  // kept open by programs that are started, so that whoever comes after a killed study waits for them too
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT, 0666);  // NOLINT(android-cloexec-open)
  if (file_ < 0) throw std::runtime_error(join(path.string(), ": cannot be opened: ", std::strerror(errno)));
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  const int reason = errno;
  ::close(file_);
  if (reason == EWOULDBLOCK) {
    throw std::invalid_argument(join(folder.string(), ": another vantage-study works in this folder"));
  }
  throw std::runtime_error(join(path.string(), ": cannot be locked: ", std::strerror(reason)));
}

FolderLock::~FolderLock() { ::close(file_); }
