// SPDX-License-Identifier: MIT
#include "process.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

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

/// The environment of a program that is none of the ranks that mpirun started: without what mpirun tells its own.
std::vector<char*> environment_of_programs() {
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const auto prefixes = {"OMPI_", "PMIX_", "PMI_", "PRTE_", "MV2_"};
    const bool is_of_ranks =
        std::any_of(prefixes.begin(), prefixes.end(), [&](const char* prefix) { return text.starts_with(prefix); });
    if (!is_of_ranks) variables.push_back(*variable);
  }
  variables.push_back(nullptr);
  return variables;
}

int opened_lock(const fs::path& path) {
  // kept open by programs that are started, so that whoever comes after a killed study waits for them too
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0666);  // NOLINT(android-cloexec-open)
  if (file < 0) throw std::runtime_error(join(path.string(), ": cannot be opened: ", std::strerror(errno)));
  return file;
}

// whether nobody else has it; the file stays open then
bool is_locked_by_us(int file, const fs::path& path) {
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return true;
  const int reason = errno;
  ::close(file);
  if (reason == EWOULDBLOCK) return false;
  throw std::runtime_error(join(path.string(), ": cannot be locked: ", std::strerror(reason)));
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
  std::vector<char*> variables = environment_of_programs();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    // out of reach of the terminal's Ctrl-C, which comes by way of the parent, and gone with it
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execve(words.front(), words.data(), variables.data());
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

bool take(const fs::path& lock) { return is_locked_by_us(opened_lock(lock), lock); }

void require_free(const fs::path& lock) {
  const int file = opened_lock(lock);
  if (is_locked_by_us(file, lock)) {
    ::close(file);
    return;
  }
  throw std::invalid_argument(join(lock.string(), ": another vantage-study works on this run"));
}

FolderLock::FolderLock(const fs::path& folder) {
  const fs::path path = folder / "study.lock";
  file_ = opened_lock(path);
  if (is_locked_by_us(file_, path)) return;
  throw std::invalid_argument(join(folder.string(), ": another vantage-study works in this folder"));
}

FolderLock::~FolderLock() { ::close(file_); }
