// SPDX-License-Identifier: MIT
#include "work.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>

#include "config_file.hpp"
#include "energy.hpp"
#include "interrupt.hpp"
#include "process.hpp"
#include "record.hpp"
#include "run_folder.hpp"
#include "vantage/core/error.hpp"
#include "vantage/io/atomic_file.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/train/console_progress.hpp"

namespace {

namespace fs = std::filesystem;
using vantage::detail::join;

// iterations of which the speed is measured; the first is slower and does not count
constexpr std::int64_t kIterations = 6;

// what vantage-train ends with where training broke down: its files are whole
constexpr int kBrokeDown = 3;

fs::path config_of(const fs::path& folder) { return folder.string() + ".toml"; }
fs::path log_of(const fs::path& folder) { return folder.string() + ".log"; }

std::string last_line(const fs::path& log) {
  std::string text;
  try {
    text = vantage::read_file(log);
  } catch (const vantage::FileError&) {
    return {};
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.find_last_of('\n') + 1);
}

/// Seconds a step of the run in a folder, without its first iteration where there are others.
double speed_of(const fs::path& folder) {
  const vantage::CsvTable table(RunFolder{folder}.progress());
  const auto steps = table.numbers("env_steps"), seconds = table.numbers("wall_seconds");
  const auto last = steps.size() - 1;
  if (last < 0) return 0;
  return last == 0 ? seconds[0] / steps[0] : (seconds[last] - seconds[0]) / (steps[last] - steps[0]);
}

/// Lines about the work: rewritten in place on a terminal, now and then elsewhere.
class Display {
 public:
  explicit Display(bool quiet) : quiet_(quiet), on_terminal_(::isatty(STDOUT_FILENO) == 1) {}

  template <class Line>
  void now_and_then(const Line& line) {
    const auto now = std::chrono::steady_clock::now();
    const auto pause = on_terminal_ ? std::chrono::seconds(1) : std::chrono::seconds(30);
    if (quiet_ || now < last_ + pause) return;
    last_ = now;
    std::printf(on_terminal_ ? "\r%s\033[K" : "%s\n", std::string(line()).c_str());
    std::fflush(stdout);
    open_ = on_terminal_;
  }
  void say(const std::string& line) {
    if (quiet_) return;
    std::printf("%s%s\n", open_ ? "\r\033[K" : "", line.c_str());
    std::fflush(stdout);
    open_ = false;
  }

 private:
  bool quiet_, on_terminal_;
  bool open_ = false;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// The runs of a study on their way.
class Work {
 public:
  Work(const Study& study, std::vector<Run> runs, const Workshop& workshop, const Speeds& speeds)
      : study_(study),
        runs_(std::move(runs)),
        workshop_(workshop),
        speeds_(speeds),
        display_(workshop.quiet),
        // ranks cannot tell apart what the programs of each use of a machine
        meter_(workshop.ranks.is_alone() ? workshop.energy : fs::path()) {
    std::stable_sort(runs_.begin(), runs_.end(), [&](const Run& a, const Run& b) {
      return seconds_left(a, workshop_, speeds_) > seconds_left(b, workshop_, speeds_);
    });
    for (std::size_t i = 0; i < runs_.size(); ++i) waiting_.push_back(i);
  }

  std::map<std::string, std::string> operator()() {
    run_jobs(
        workshop_.jobs, [this] { return next(); }, [this](const JobEnd& end) { ended(end); },
        [this] {
          share_energy();
          display_.now_and_then([this] { return progress(); });
        });
    display_.say(progress());
    return std::move(failures_);
  }

 private:
  std::optional<Job> next() {
    while (!waiting_.empty()) {
      const std::size_t n = waiting_.front();
      waiting_.erase(waiting_.begin());
      const Run& run = runs_[n];
      const fs::path folder = workshop_.folder(run);
      if (!takes(n)) continue;
      std::optional<Command> command = next_command(study_, run, folder, workshop_.programs);
      if (!command) {
        ++done_;
        display_.say(run.name + " is done");
        continue;
      }
      if (tried_[n] == command->words) {
        fail(n, command->what + ", and leaves no result");
        continue;
      }
      tried_[n] = command->words;
      vantage::write_file_atomically(config_of(folder), config_text(run.settings));
      share_energy();
      running_[n] = 0;
      return Job{n, std::move(*command), log_of(folder)};
    }
    return {};
  }

  /// Whether no other rank makes or has made this run. What is taken stays so, done or failed, as long as the study.
  bool takes(std::size_t n) {
    if (workshop_.ranks.is_alone() || taken_.contains(n)) return true;
    if (!take(workshop_.lock(runs_[n]))) return false;
    taken_.insert(n);
    return true;
  }

  /// What was used since the last time belongs in equal parts to the runs on their way.
  void share_energy() {
    const double part = meter_.joules() / static_cast<double>(std::max<std::size_t>(1, running_.size()));
    for (auto& [n, joules] : running_) joules += part;
  }

  void ended(const JobEnd& end) {
    share_energy();
    if (meter_.exists()) add_joules(workshop_.folder(runs_[end.job.run]), running_[end.job.run]);
    running_.erase(end.job.run);
    if (end.code == 0 || end.code == kBrokeDown) {
      if (interrupted == 0) waiting_.insert(waiting_.begin(), end.job.run);
      return;
    }
    if (interrupted != 0) return;
    const std::string said = last_line(end.job.log);
    fail(end.job.run, join(end.job.command.what, " no more, code ", end.code, said.empty() ? "" : ": " + said));
  }

  void fail(std::size_t n, const std::string& why) {
    failures_[runs_[n].name] = why;
    display_.say(join(runs_[n].name, " failed: ", why));
  }

  std::string progress() const {
    double left = 0, all = 0;
    for (const Run& run : runs_) {
      left += failures_.contains(run.name) ? 0 : seconds_left(run, workshop_, speeds_);
      all += static_cast<double>(run.settings.steps) * speeds_.at(run.speed_of);
    }
    const double share = all > 0 ? 100 * (1 - left / all) : 100;
    const double jobs = static_cast<double>(workshop_.jobs * workshop_.ranks.size);
    char text[160];
    std::snprintf(text, sizeof text, "%zu of %zu runs done, %zu failed, %.0f %% trained, %s left", done_, runs_.size(),
                  failures_.size(), share, vantage::duration_text(left / jobs).c_str());
    return text;
  }

  const Study& study_;
  std::vector<Run> runs_;
  const Workshop& workshop_;
  const Speeds& speeds_;
  Display display_;
  EnergyMeter meter_;
  std::map<std::size_t, double> running_;  // joules of the programs on their way
  std::vector<std::size_t> waiting_;
  std::set<std::size_t> taken_;  // from other ranks
  std::map<std::size_t, std::vector<std::string>> tried_;
  std::map<std::string, std::string> failures_;
  std::size_t done_ = 0;
};

}  // namespace

Speeds measure_speeds(const Study& study, const std::vector<Run>& runs, const Workshop& workshop) {
  const fs::path folder = workshop.output / "speed";
  fs::create_directories(folder);
  std::vector<const Run*> kinds;
  std::set<std::string> seen;
  for (const Run& run : runs) {
    if (seen.insert(run.speed_of).second) kinds.push_back(&run);
  }
  std::size_t at = 0;
  std::map<std::string, std::string> failures;
  run_jobs(
      workshop.jobs,
      [&]() -> std::optional<Job> {
        for (; at < kinds.size(); ++at) {
          const Run& run = *kinds[at];
          const fs::path own = folder / run.speed_of;
          if (fs::exists(RunFolder{own}.summary())) continue;
          vantage::write_file_atomically(config_of(own), config_text(run.settings));
          const std::int64_t steps = std::min(run.settings.steps, kIterations * run.settings.batch);
          return Job{at++,
                     {"trains a little",
                      {(workshop.programs / "vantage-train").string(), "--config", config_of(own).string(), "--steps",
                       std::to_string(steps), "--output", own.string(), "--overwrite", "--threads", "1", "--quiet"},
                      {}},
                     log_of(own)};
        }
        return {};
      },
      [&](const JobEnd& end) {
        if (end.code != 0 && end.code != kBrokeDown && interrupted == 0) {
          failures[kinds[end.job.run]->name] = last_line(end.job.log);
        }
      },
      [] {});
  if (!failures.empty()) {
    throw std::runtime_error(join(failures.begin()->first, ": cannot be trained: ", failures.begin()->second));
  }
  Speeds speeds;
  for (const Run* run : kinds) {
    const fs::path own = folder / run->speed_of;
    const bool is_there = fs::exists(RunFolder{own}.summary());
    speeds[run->speed_of] = is_there ? speed_of(own) : 0;
    if (is_there) check_columns(study, run->labels, own);
  }
  return speeds;
}

double steps_left(const Run& run, const Workshop& workshop) {
  return std::max(0.0, static_cast<double>(run.settings.steps) - steps_made(workshop.folder(run)));
}

double seconds_left(const Run& run, const Workshop& workshop, const Speeds& speeds) {
  return steps_left(run, workshop) * speeds.at(run.speed_of);
}

std::map<std::string, std::string> make_runs(const Study& study, std::vector<Run> runs, const Workshop& workshop,
                                             const Speeds& speeds) {
  return Work(study, std::move(runs), workshop, speeds)();
}
